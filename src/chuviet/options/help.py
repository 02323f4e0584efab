"""What `chuviet -h` and `chuviet COMMAND -h` say beside the options."""

DESCRIPTION = """\
Train, measure and ship text recognisers and detectors that fit a size budget.

The way from images to a submission:
  chuviet check --data labels.csv                   is the labelled set sound?
  chuviet folds --data labels.csv --out folds.csv   five folds; no writer and no text in two of them
  chuviet train -C line_192_f0 --folds 0-4          five runs, and their out-of-fold predictions in one table
  chuviet report outputs/line_192_f0/oof.csv        where the errors are, as one HTML page
  chuviet predict -w weights.safetensors images/    read new lines
  chuviet read photo.jpg                            find and read all text of a page"""

EXAMPLES = {
    "predict": """\
examples:
  chuviet predict line.jpg                                                      the shipped recogniser, vi_text
  chuviet predict -w a.safetensors -w b.safetensors scans/ --out preds.csv      an ensemble of two
  chuviet predict -w a.safetensors 'scans/*/1*.png' --decoder beam --beam-width 10
  chuviet predict -w a.safetensors labels.csv --out preds.csv                   the images that a CSV names
  chuviet predict -w text_det photos/ --out preds.txt --draw drawn/             a detector: where text is

Members of an ensemble need one charset and one kind: attention models average the probabilities of every step;
CTC models each propose texts, and the likeliest to all of them wins. A bad image ends the command before anything
is written; --skip-bad reads the others, names the bad ones on stderr and ends with exit code 3.""",
    "evaluate": """\
examples:
  chuviet evaluate -w vi_text --data labels.csv
  chuviet evaluate -w outputs/line_192_f5/fold0/weights.safetensors --data folds.csv --fold 0 --json fold0.json
  chuviet evaluate -w text_det -w scene_word --draw drawn/ \\
      --data icdar2015/text_localization/val_icdar2015_label.txt --data sroie/val_label.txt

CER and WER are micro averages (all edits / all true characters or words), cer_mean and wer_mean means over lines,
ned is 1-NED, score the Kalapa 2023 competition's. Nothing is normalised but the labels' Unicode form (NFC).

With the weights of a detector, --data are labels of pages (see docs/formats.md): precision, recall and hmean at IoU 0.5
by the rules of ICDAR2015, and the kinds of errors; with a recogniser beside it also those of reading (e2e).""",
    "read": """\
examples:
  chuviet read photo.jpg                                 prints the text
  chuviet read scans/ --out all.pdf                      one file for all pages, here a searchable PDF
  chuviet read scans/ --format json,pdf --out read/      two files for every input; the same again goes on after a stop
  chuviet read scans/ --out all.json --draw drawn/       and pictures with what was read
  chuviet read -w text_det -w vi_text form.jpg           another detector and reader; without -w: see README
  chuviet read 'book.pdf#10-12' --ocr always             pages 10 to 12, whatever text they carry
  scanimage | chuviet read -                             an image or a PDF on standard input
  chuviet read poster.jpg --longest 2500                 smaller letters than the detector sees otherwise

Detection, crops straightened by their perspective, recognition in batches, reading order. Formats: txt, json, jsonl,
tsv (as Tesseract's), md (Markdown), hocr, alto, page (PAGE 2019), pdf. Files appear when they are whole, and replace
none that chuviet did not write. docs/output.md has all of it.

A PDF's page that carries a text of its own gives that text, with confidence 1; its pictures are read. What --max-pages
or --time-limit cuts off is counted on stderr, and the exit code is 3.""",
    "serve": """\
examples:
  chuviet serve                                          http://127.0.0.1:8000 in a browser; for this machine alone
  chuviet serve --port 9000 --workers 4 --max-mb 50
  chuviet serve -w page_det -w mine.onnx                 another reader
  chuviet serve --host 0.0.0.0 --token-file token.txt    for others, who must know the token

  curl --data-binary @photo.jpg 'http://127.0.0.1:8000/v1/read?format=txt'
  curl -F files=@1.png -F files=@2.png http://127.0.0.1:8000/v1/lines

Needs `pip install 'chuviet[serve]'`. Formats as those of `chuviet read`. Nothing that is sent is written to disk or to
the log. SIGTERM or Ctrl-C ends it when what is being read has been read. docs/serve.md has all of it.""",
    "reject": """\
examples:
  chuviet reject -w fots_light_rejector_small --data icdar2015/text_localization/train_icdar2015_label.txt \\
      --check icdar2015/text_localization/val_icdar2015_label.txt --out fots_gated.safetensors

Sets the threshold below which a detector with a rejector skips an image as empty, and reports ROC AUC, how many
frames are skipped, and the time that is saved. Pages are cut into squares, of which many have no text.""",
    "train": """\
examples:
  chuviet train -C line_192_ptr_f5
  chuviet train -C line_192_f5 --folds 0-4 train.epochs=20
  chuviet train -C b2_256_f5 fold=2 optim.lr=1e-4 resume=true
  chuviet train -C line_192_f0 --folds 0-4 train.session_minutes=510       the same with resume=true, until it is done

A run's files go to outputs/NAME/fold<k>/: config.json, metrics.jsonl, TensorBoard events, checkpoint.pt,
weights.safetensors (what predict takes) and oof.csv. fold=all trains on all rows (in fold5/) and
validates on none.
Ctrl-C saves and leaves; resume=true goes on. train.session_minutes=N does so before N minutes are over (exit code 3),
for machines that are lent for some hours; the folds of --folds share them.""",
    "config": """\
examples:
  chuviet config --list                                  all configs, a line each
  chuviet config b1_384_f5                               every value of one, and what set it
  chuviet config line_192_f0 optim.lr=8e-4 data.mix=real,joined:1500

A value comes from a line of a config file, from the command line, follows from another argument of its recipe, or is
the recipe's or the field's default. Keys are those that `chuviet train` takes. Needs no PyTorch. docs/configs.md.""",
    "folds": """\
examples:
  chuviet folds --data labels.csv --group writer_id --folds 5 --out train_folds.csv

Rows of one group share a fold, rows with equal text too (case and spaces aside); sizes are balanced. A row whose group
is empty or -1, or every row of a file without writer_id, is held to others by its text alone.""",
    "summary": """\
examples:
  chuviet summary -C b2_256_f5
  chuviet summary -C line_192_f5 --depth 2 --width 640""",
    "pack": """\
examples:
  chuviet pack outputs/line_192_f5/fold0                       the averaged weights of an unfinished run, else the last
  chuviet pack outputs/line_192_f5/fold0 --keep last --out weights/mine.safetensors
  chuviet pack outputs/line_192_f5/fold5/weights.safetensors --lm lm.safetensors --out weights/mine.safetensors
  chuviet pack outputs/line_192_own_f0/fold0/weights.safetensors --lm vi_text --out weights/mine.safetensors

A run that ends packs its own weights.safetensors; this is for one that was stopped, or to put a language model (see
chuviet lm) beside weights, which are then decoded by beam search. With the model of other weights come their settings;
what is said here goes before.""",
    "lm": """\
examples:
  chuviet lm --addresses 100000 --out vi_address.lm.safetensors
  chuviet lm --addresses 100000 --labels train_folds.csv --leave-out 0 --out lm_without_fold0.safetensors
  chuviet lm --addresses 100000 --wards wards.tsv --general law.txt --general wiki.txt --out vi.lm.safetensors
  chuviet pack outputs/line_192_f0/fold0/weights.safetensors --lm lm_without_fold0.safetensors --out reader.safetensors

A model of characters (interpolated Kneser-Ney) for the beam search of the CTC recognisers. With --addresses it takes
the gazetteer along: wards, districts, provinces and streets that were misread are then compared with those that exist.
With --leave-out the labels of that fold are kept out and used to report the perplexity. With --general a second model,
of general text, is in the file: both search, and what one of them finds likelier together with the frames is read; only
the addresses' lines are held to the gazetteer.""",
    "calibrate": """\
examples:
  chuviet evaluate -w reader0 --data labels.csv --fold 0 --out 0.csv        and so on for the other folds
  chuviet calibrate 0.csv 1.csv 2.csv 3.csv 4.csv -w reader.safetensors --out calibrated.safetensors
  chuviet export -w calibrated.safetensors --out reader.onnx

The log odds of a word's confidence get a slope and an offset, so that of the words of confidence 0.9 nine in ten are
right. Each table is judged by what was fitted on the others; with one table, half of its lines by the other half.""",
    "export": """\
examples:
  chuviet export -w outputs/line_192_f5/fold0/weights.safetensors --out mine.onnx
  chuviet export -w b2_256_f5 --precision fp16 --check train_folds.csv --out b2.onnx
  chuviet export -w line_192_f5 --precision int8 --check train_folds.csv --tolerance 0.01 --out line.int8.onnx
  chuviet export -w vi_text --precision int8-linear --check train_folds.csv --out fast.onnx
  chuviet export -w text_det --precision int8 --calibrate photos/ --check labels.txt --out det.int8.onnx
  chuviet export --to web demo/
  chuviet export --to web demo/ -w page_det -w mine.onnx --runtime node_modules
  chuviet predict -w mine.onnx line.jpg

The lines of --check (an image, a folder, labels; without it drawn strings) are read through PyTorch and ONNX Runtime,
alone and in batches. fp32: every text must be the same, or no file is written; fp16: 98 % of them. int8 takes its
ranges from --calibrate, or from a quarter of --check (64 lines at most), is judged on the rest of the labelled lines,
and refused if the CER rises by more than --tolerance; int8-linear is judged alike, without ranges.
Charset, preprocessing, decoder and language model travel inside the file.

A detector is checked on pages (100 of --check): in fp32 every quad must be found again (IoU 0.95), in fp16 on 95 % of
the pages; int8 is refused if hmean falls by more than --tolerance.""",
    "prune": """\
examples:
  chuviet prune -w outputs/fots/fold5/weights.safetensors --ratio 0.5 --out fots_half.safetensors
  chuviet prune -w text_det --ratio 0.3 --keep-residual --out small.safetensors
  python train.py -C fots init=fots_half.safetensors optim.lr=1e-4                then train it again

The channels with the smallest filters (L1 norm) go, together with all that depends on them; at ratio 0.5 of a plain
convolutional network three quarters of the parameters. The file reads worse until it is trained again: a run that
starts from it (init=) keeps its smaller layers.""",
    "check": """\
examples:
  chuviet check --data labels.csv
  chuviet check --data labels.csv --oof outputs/line_192_f0/oof.csv
  chuviet check --data words.txt --charset ascii --pages valid_pages.txt --clean training_data/words.txt

Reads every image and label and lists every problem: unreadable images, characters outside the charset, texts
too long for the frames of their image; and notes doubled texts, and texts or writers in several folds.
Exit code 2 if there is a problem. With --oof also the labels that a model which never saw them reads otherwise and
confidently: candidates for wrong labels, to be looked at; nothing is changed. With --pages the rows that are cut out of
those pages (same text, same picture): a reader trained on them is not measured by the pages.""",
    "convert": """\
examples:
  chuviet convert baidu train.list --valid 0.1 --seed 0     train.txt and valid.txt beside it, lines of path<TAB>text
  chuviet convert icdar ch4_training_localization_transcription_gt --images ch4_training_images --to tsv --out train.txt
  chuviet convert synthtext SynthText/gt.mat --to tsv --out synthtext.txt
  chuviet convert tsv train.txt --to lpcv --out sample/
  chuviet convert tsv train.txt --to crops --out training_data/words

baidu: the four columns width, height, image name, text of the Baidu street-view set; images in train_images/.
Labels of pages, each into each other: tsv (path<TAB>JSON, as PaddleOCR and OpenOCR), icdar (a folder of gt_*.txt),
synthtext (gt.mat), lpcv (train_images1/ with sample_train_annotation_txt/, the same for test; the images are copied).
crops: the words of the pages, straightened as `chuviet read` does it, with a list labels.txt for a reader to train on.
Quads that cross themselves, run backwards, leave the image or are empty are mended or dropped, and counted on stderr;
--raw keeps them as they are. docs/formats.md has the rules.""",
    "report": """\
examples:
  chuviet report outputs/line_192_f5/oof.csv
  chuviet report fold0.csv fold1.csv --data train_folds.csv --out report.html --worst 50

Tables of all metrics by fold, source and length, the kinds of errors, tone marks, characters, and the worst lines as
pictures.""",
    "ensemble": """\
examples:
  chuviet evaluate -w outputs/a/fold0/weights.safetensors --data folds.csv --fold 0 --frames a0.npz    each fold of each
  chuviet ensemble --data a?.npz --data b?.npz --data c?.npz --budget 50MB --ms 2000

Every combination of votes is tried (or, of many members, votes are added one by one), within the sum of the members'
megabytes and milliseconds. Each fold is judged by what was chosen on the other folds; the choice on all of them is
printed as a command. A member with two votes is named twice, and runs once. docs/ensembles.md has all of it.""",
    "browse": """\
examples:
  chuviet browse outputs/line_192_f5/oof.csv
  chuviet browse outputs/a/oof.csv outputs/b/oof.csv --out look.html
  chuviet browse fold0.csv --data train_folds.csv --embed --out look.html

One HTML file that needs no other but the pictures, which it names relative to itself (--embed puts small ones into it:
3 kB a line at 40 pixels). Filters by fold, length, confidence, kinds of errors and what the other readers read;
picture, label, reading with the differences marked. Labels that are marked as doubtful are downloaded as a CSV.
docs/browse.md has all of it.""",
}

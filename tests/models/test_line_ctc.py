import pytest
import torch

from chuviet.batch import Batch
from chuviet.models.ctc import LineCTC


def batch(widths: list[int], full: int) -> Batch:
    g = torch.Generator().manual_seed(1)
    images = torch.rand(len(widths), 1, 40, full, generator=g)
    for image, w in zip(images, widths, strict=True):
        image[..., w:] = 0
    return Batch(images, torch.tensor(widths), torch.arange(len(widths)))


@pytest.fixture(scope="module")
def model() -> LineCTC:
    torch.manual_seed(0)
    return LineCTC.Config(widths=(16, 24, 24), heads=4).build(10).eval()


def test_one_frame_for_four_pixels(model: LineCTC) -> None:
    out = model(batch([100, 97, 41], 100))
    assert out.logits.shape == (3, 25, 11)
    assert out.lengths.tolist() == [25, 25, 11]


def test_padding_and_batch_mates_change_nothing(model: LineCTC) -> None:
    alone = batch([61], 61)
    padded = Batch(torch.nn.functional.pad(alone.images, (0, 59)), alone.widths, alone.index)
    mixed = batch([61, 120], 120)
    mixed.images[0] = padded.images[0]
    a, b, c = model(alone).logits[0], model(padded).logits[0, :16], model(mixed).logits[0, :16]
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(a, c, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("width", [16, 61, 62, 63, 64])
def test_images_without_padding_are_read_the_same_without_masks(model: LineCTC, width: int) -> None:
    alone = batch([width, width], width)
    with torch.no_grad():
        torch.testing.assert_close(model.read_unpadded(alone.images), model(alone).logits, rtol=1e-4, atol=1e-5)


def test_default_size_is_cpu_sized() -> None:
    assert 1e6 < sum(p.numel() for p in LineCTC.Config().build(229).parameters()) < 2e6

"""Label formats of pages, one file each: tsv, icdar, lpcv, synthtext. `chuviet.data.pages` chooses among them."""

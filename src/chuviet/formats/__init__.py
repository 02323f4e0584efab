"""Pages of results as files, one format a module; `chuviet.formats.known` lists them."""

"""The options of each command of `chuviet`, one function a command. Nothing here imports what the commands do."""

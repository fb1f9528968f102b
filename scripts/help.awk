# Prints the targets of the Makefile in groups: `##@ Group` starts a group, `target: ... ## description` is a target.
BEGIN {
  FS = ":.*## "
}

/^##@ / {
  printf "%s%s\n", separator, substr($0, 5)
  separator = "\n"
}

/^[a-z-]+:.*## / {
  if ($1 != "help") printf "  make %-15s %s\n", $1, $2
}

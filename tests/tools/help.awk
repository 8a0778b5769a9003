# Prints the Makefile's targets with the words behind their `##`, under the headings of its `##@` lines.
/^##@ / { printf "\n%s\n", substr($0, 5) }
match($0, /^[a-z0-9.-]+:.*## /) {
    printf "  %-14s %s\n", substr($0, 1, index($0, ":") - 1), substr($0, RSTART + RLENGTH)
}

#!/usr/bin/env bash
# Lets a job pass only if files can be transferred.
#
#   gate.sh [FLAG...] TARGET...
#
# Flags and targets are those of ftpdiag: --expect passive, --fail-on CODE,
# --ignore CODE, -c cert_days=14: and so on. Each target is diagnosed once; what was
# found is written to $REPORTS (ftpdiag-reports) as JSON, as JUnit XML and as
# Markdown, and as text to standard output. In a job of GitHub Actions the Markdown
# is added to its summary too.
#
# The exit code is that of ftpdiag: 0 all works, 1 a warning about what is asked
# for, 2 it does not work, 3 not tested. FTPDIAG names the program, if it is not in
# PATH.
set -uo pipefail

ftpdiag=${FTPDIAG:-ftpdiag}
reports=${REPORTS:-ftpdiag-reports}

mkdir -p "$reports" || exit 3
rm -f "$reports"/ftpdiag.{json,xml,md} # those of the last job are no answer

"$ftpdiag" --format json --output "$reports/ftpdiag.json" "$@"
code=$?
[[ -s $reports/ftpdiag.json ]] || exit "$code"

# render exits as the diagnosis did; anything else is a failure of its own.
render() {
	"$ftpdiag" render "$reports/ftpdiag.json" "$@"
	[[ $? == "$code" ]] || exit 3
}
render --format junit --output "$reports/ftpdiag.xml"
render --format markdown --output "$reports/ftpdiag.md"
render --color never
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
	cat "$reports/ftpdiag.md" >>"$GITHUB_STEP_SUMMARY" || exit 3
fi
exit "$code"

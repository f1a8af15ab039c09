// Package diagnose says what the evidence of a run means: which causes it shows,
// how far each mode works, and which one to use. [Diagnose] is a pure function,
// so a saved [evidence.Evidence] is judged as a fresh one is.
//
// # How it judges
//
// An attempt shows that the data path works, that it fails, that the server did
// not agree to it, or nothing at all: a listing that is refused before the 1yz
// mark says nothing about firewalls. That is judged first, from the attempt's own
// record (rule_judge.go).
//
// Then the rules run, in the order of a connection: names and addresses, the
// control connection, greeting, login; and, past the login, negotiation,
// addresses, ports, data connections, transfers. A rule is a small function that
// looks for one cause, or for a few that only look alike. The first that explains
// an attempt owns it, so that what merely follows from a cause is no finding of
// its own. A rule says what proves the cause, and which look-alikes the evidence
// leaves open.
//
// The words of servers are a table (rule_words.go, rule_words_data.go), each line
// with its product and source. Where words tell nothing, reply codes and times do.
//
// What a cause does to the verdict is its weight; from that and the verdicts on
// the modes follow severity, order, status and recommendation, as the contract of
// the JSON has them.
//
// # Where to start
//
// [Result] is the whole answer; [Codes] lists the causes, [Describe] explains one.
package diagnose

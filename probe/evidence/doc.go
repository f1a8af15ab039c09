// Package evidence is the record of what was asked of an FTP server and what came of
// it, and the words of that record: modes, methods, outcomes, steps and ways of failing.
// It has no network and no clock, and concludes nothing: who probes writes it, who
// diagnoses or reports reads it.
//
// Texts in it that came from the network are valid UTF-8 without control characters
// and carry no password. Durations are whole microseconds. An empty field means not
// tried or not known, which is never the same as failed.
package evidence

// Package ftp is the grammar of FTP: reply lines (RFC 959 §4.2), the host and port of
// 227 and 229, of PORT and EPRT (RFC 959, RFC 2428), the features of FEAT (RFC 2389),
// the address that a server says it sees, targets as people write them, and what is
// kept out of every text: control characters and passwords. It reads text that came
// from anywhere, and has no network and no clock.
package ftp

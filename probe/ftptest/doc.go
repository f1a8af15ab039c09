// Package ftptest is an FTP server that can misbehave on command, and a network
// that can too. Tests and the demonstration of ftpdiag use the same ones.
//
// A [Behaviour] says what is wrong with a [Server]; the zero Behaviour is a
// healthy server that lets anonymous in and lists a small directory. What was
// asked of the server is written down: [Server.Dialogue], [Server.Data],
// [Server.Flights].
//
// A [Network] stands for the path between the client and its servers: it drops,
// refuses, delays and rewrites, resolves names, and plays public addresses over
// loopback, on any operating system and without privileges.
//
// A [Fault] pairs a behaviour and a network with the code of the cause that they
// show; [Faults] lists them. [Script] plays a dialogue line by line.
//
// Nothing here ever leaves loopback: a server listens on 127.0.0.0/8 or ::1,
// dials only there whatever PORT may ask for, and a network refuses to dial
// anything else.
package ftptest

// Package credential reads the files that a login needs: the one with a password
// ([Password]), the one with trusted certificates ([Roots]), and those of a client
// certificate ([Pair]).
//
// What is wrong with a file is a [Fault]. It names neither the file nor what is in
// it, since a password may stand in either by mistake: the caller, who knows
// whether a flag or a key gave the name, makes a message of it.
package credential

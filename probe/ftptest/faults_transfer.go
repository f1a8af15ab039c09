package ftptest

import (
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// transferFaults are those of causes 10 and 11: the transfer and its end.
func transferFaults() []Fault {
	return append(brokenFaults(), []Fault{
		{Code: diagnose.TransferLimit, Title: "the server allows no more transfers",
			Behaviour: Behaviour{Greeting: proftpd, Transfers: Transfers{
				"LIST": {Say("451 LIST: Too many transfers")}, "NLST": {Say("451 NLST: Too many transfers")},
				"MLSD": {Say("451 MLSD: Too many transfers")}}}},
		{Code: diagnose.TransferPermissionDenied, Title: "the server lets nobody list the directory",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"": {Say("550 Permission denied.")}}}},
		{Code: diagnose.TransferStorageFull, Title: "the server's disk is full",
			Behaviour: Behaviour{Greeting: pyftpdlib, Transfers: Transfers{"STOR": {
				Connect(), Mark(), CloseData(), Say("426 No space left on device; transfer aborted.")}}},
			Options: func(cfg *probe.Config) { cfg.Upload = true }},
		{Code: diagnose.TransferEmptyListing, Title: "the login directory cannot be opened",
			Behaviour: Behaviour{Greeting: vsftpd, Files: map[string]string{}, Transfers: Transfers{"": {
				Connect(), Mark(), CloseData(), Say("226 Transfer done (but failed to open directory).")}}}},
		{Code: diagnose.TransferSlow, Title: "all works, slowly",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), SendSlowly(8, 250*time.Millisecond), CloseData(), Complete()}}},
			Options:   within(time.Second)},
		{Code: diagnose.DataTLSRequired, Title: "the server transfers data over TLS only",
			Behaviour: explicitly(TLS{Protected: "522 Data connections must be encrypted."}),
			Options:   inTheClear},
		{Code: diagnose.TransferCompletion250, Title: "a transfer ends with 250 in place of 226: all works",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Send(), CloseData(), Say("250 Requested file action okay, completed.")}}}},
		{Code: diagnose.TransferCompletionMissing, Title: "all data arrive, the completion never does",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Send(), CloseData(), Stall()}}},
			Options:   within(time.Second)},
		{Code: diagnose.ControlIdle421, Title: "the server takes the session for idle",
			Behaviour: Behaviour{Greeting: proftpd, Transfers: Transfers{"": {
				Say("421 No transfer timeout (300 seconds): closing control connection"), CloseControl()}}}},
	}...)
}

// brokenFaults are transfers that stall or break.
func brokenFaults() []Fault {
	// A RST towards the server in mid-transfer: the 426 comes while the client's
	// end of the data connection is still open.
	aborted := []Step{Connect(), Mark(), SendFirst(20), Pause(20 * time.Millisecond),
		Say("426 Failure writing network stream."), Pause(100 * time.Millisecond), ResetData()}
	return []Fault{
		{Code: diagnose.TransferMTUBlackHole, Title: "large packets are lost, small ones pass",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), StallOver(1240), Send(), CloseData(), Complete()}}},
			Options:   func(cfg *probe.Config) { cfg.Retrieve, cfg.Timeout = true, time.Second }},
		{Code: diagnose.TransferStalled, Title: "the transfer begins, and not one byte arrives",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Stall()}}},
			Options:   within(time.Second)},
		{Code: diagnose.TransferStallTimeout, Title: "the server gives up a stalled transfer",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"": {
				Connect(), Mark(), SendFirst(20), Pause(time.Second), Say("421 Data timeout. Reconnect. Sorry."), CloseControl()}}}},
		{Code: diagnose.PassiveAborted426, Mode: evidence.Passive, Title: "the passive data connection is cut",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"passive": aborted}}},
		{Code: diagnose.ActiveAborted426, Mode: evidence.Active, Title: "the active data connection is cut",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"active": aborted}}},
	}
}

// inTheClear asks for no TLS, where the server demands it.
func inTheClear(cfg *probe.Config) { cfg.TLS = evidence.TLSOff }

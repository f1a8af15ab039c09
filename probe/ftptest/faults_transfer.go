package ftptest

import (
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// transferFaults are those of causes 10 and 11: the transfer and its end.
func transferFaults() []Fault {
	return append(brokenFaults(), []Fault{
		{Code: diagnose.TransferLimit, Title: "the server allows no more transfers at once",
			Behaviour: Behaviour{Greeting: proftpd, Transfers: Transfers{
				"LIST": {Say("451 LIST: Too many transfers")}, "NLST": {Say("451 NLST: Too many transfers")},
				"MLSD": {Say("451 MLSD: Too many transfers")}}}},
		{Code: diagnose.TransferPermissionDenied, Title: "the server lets nobody list the directory",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"": {Say("550 Permission denied.")}}}},
		{Code: diagnose.TransferStorageFull, Title: "the server's disk is full",
			Behaviour: Behaviour{Greeting: pyftpdlib, Transfers: Transfers{"STOR": {
				Connect(), Mark(), CloseData(), Say("426 No space left on device; transfer aborted.")}}},
			Options: func(cfg *probe.Config) { cfg.Upload = true }},
		{Code: diagnose.TransferEmptyListing, Title: "the login directory cannot be opened: an empty listing",
			Behaviour: Behaviour{Greeting: vsftpd, Files: map[string]string{}, Transfers: Transfers{"": {
				Connect(), Mark(), CloseData(), Say("226 Transfer done (but failed to open directory).")}}}},
		{Code: diagnose.TransferSlow, Title: "data come slowly, and keep coming: all works",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), SendSlowly(8, 250*time.Millisecond), CloseData(), Complete()}}},
			Options:   within(time.Second)},
		{Code: diagnose.DataTLSRequired, Title: "the server transfers data over TLS only",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"": {Say("522 Data connections must be encrypted.")}}}},
		{Code: diagnose.TransferCompletionMissing, Title: "all data arrive, the completion reply never does",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Send(), CloseData(), Stall()}}},
			Options:   within(time.Second)},
		{Code: diagnose.ControlIdle421, Title: "the server ends the session as idle when a transfer is asked for",
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
		{Code: diagnose.TransferMTUBlackHole, Title: "large packets are dropped on the way, and the ICMP messages about them too",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), StallOver(1240), Send(), CloseData(), Complete()}}},
			Options:   func(cfg *probe.Config) { cfg.Retrieve, cfg.Timeout = true, time.Second }},
		{Code: diagnose.TransferStalled, Title: "the transfer begins, and not one byte arrives",
			Behaviour: Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Stall()}}},
			Options:   within(time.Second)},
		{Code: diagnose.TransferStallTimeout, Title: "the server gives up a transfer that stalls",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"": {
				Connect(), Mark(), SendFirst(20), Pause(time.Second), Say("421 Data timeout. Reconnect. Sorry."), CloseControl()}}}},
		{Code: diagnose.PassiveAborted426, Mode: probe.Passive, Title: "the passive data connection is cut in mid-transfer",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"passive": aborted}}},
		{Code: diagnose.ActiveAborted426, Mode: probe.Active, Title: "the active data connection is cut in mid-transfer",
			Behaviour: Behaviour{Greeting: vsftpd, Transfers: Transfers{"active": aborted}}},
	}
}

package diagnose

import (
	"testing"

	"ftpdiag/probe/evidence"
)

// inBoth is the same in each mode.
func inBoth(steps ...tried) *evidence.Evidence { return given(epsv(50001, steps...), eprt(steps...)) }

func TestTransfer(t *testing.T) { check(t, transferCases()) }

func transferCases() []verdictCase {
	stall := fails(evidence.OpTransfer, evidence.KindTimedOut)
	after := func(line string) tried { return answers(evidence.OpCompletion, line, 50) }
	reset := fails(evidence.OpTransfer, evidence.KindReset)
	return []verdictCase{
		{"stalls at once in both modes", inBoth(marked, stall), `passive fails, active fails: none, critical
			error - transfer-stalled medium or transfer-mtu-black-hole`},
		{"stalls at once in passive mode alone", passive(epsv(50001, marked, stall), pasv(50002, marked, stall)), `passive fails, active works: active EPRT, ok
			warning passive transfer-stalled high`},
		{"stalls midway", inBoth(marked, stall, received(65536)), `passive fails, active fails: none, critical
			error - transfer-stalled medium or transfer-window-scaling, transfer-av-scan-hold`},
		{"a name list passes, a listing does not", given(epsv(50001, marked, stall), pasv(50002, works(300), operation("NLST")), eprt(marked, stall)), `passive fails, active fails: none, critical
			error - transfer-mtu-black-hole high`},
		{"a listing passes, a file does not", given(epsv(50001, works(197)), epsv(50002, marked, stall, file("big")), eprt(works(197)), eprt(marked, stall, file("big"))), `passive works, active works: passive EPSV, critical
			error - transfer-mtu-black-hole high`},
		{"a large listing passes, a file does not", given(epsv(50001, works(9000)), epsv(50002, marked, stall, file("big")), eprt(works(9000))), `passive works, active works: passive EPSV, critical
			error passive transfer-stalled medium`},
		{"small and large listings pass, a file does not", given(epsv(50001, works(9000)), pasv(50003, works(300), operation("NLST")), epsv(50002, marked, stall, file("big")), eprt(works(9000))), `passive works, active works: passive EPSV, critical
			error passive transfer-stalled medium`},
		{"a file stalls in passive mode alone", given(epsv(50001, works(197)), epsv(50002, marked, stall, file("big")), eprt(works(197)), eprt(works(50000), file("big"))), `passive fails, active works: active EPRT, ok
			warning passive transfer-stalled medium`},
		{"the file asked for stalls in both modes", given(targetPath("big"), epsv(50001, marked, stall, file("big")), eprt(marked, stall, file("big"))), `passive fails, active fails: none, critical
			error - transfer-stalled medium or transfer-mtu-black-hole`},
		{"the file asked for stalls, and a small listing passes", given(targetPath("big"), epsv(50001, marked, stall, file("big")), eprt(marked, stall, file("big")),
			epsv(50002, works(197), purpose(evidence.PurposeSmall))), `passive fails, active fails: none, critical
			error - transfer-mtu-black-hole high`},
		{"the server gives up a stalled transfer", inBoth(marked, after("421 Data timeout. Reconnect. Sorry."), received(20)), `passive fails, active fails: none, critical
			error - transfer-stall-timeout high`},
		{"426 in passive mode", passive(epsv(50001, marked, after("426 Failure writing network stream."), received(20))), `passive fails, active works: active EPRT, ok
			warning passive passive-aborted-426 medium`},
		{"426 in active mode", active(eprt(marked, after("426 Failure writing network stream."), received(20))), `passive works, active fails: passive EPSV, ok
			warning active active-aborted-426 medium`},
		{"426 in both", inBoth(marked, after("426 Connection closed; transfer aborted.")), `passive fails, active fails: none, critical
			error active active-aborted-426 medium
			error passive passive-aborted-426 medium`},
		{"reset in passive mode", passive(epsv(50001, marked, reset, received(20))), `passive fails, active works: active EPRT, ok
			warning passive passive-aborted-426 medium`},
		{"451 in the words of a broken transfer", passive(epsv(50001, marked, after("451 Error during write to data connection"), received(20))), `passive fails, active works: active EPRT, ok
			warning passive passive-aborted-426 medium`},
		{"FileZilla's 425 for a broken transfer", passive(epsv(50001, marked, after("425 Error while transfering data: ECONNRESET - Connection reset by peer"), received(20))), `passive fails, active works: active EPRT, ok
			warning passive passive-aborted-426 medium`},
		{"IIS: 150, and then 425", passive(epsv(50001, marked, after("425 Cannot open data connection."))), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies, passive-multi-backend, passive-middlebox-accepts`},
		{"the directory asked for could not be opened", given(targetPath("nope/"), epsv(50001, works(0), but(func(a *evidence.Attempt) {
			a.Path, a.Reply = "nope/", reply("226 Transfer done (but failed to open directory).")
		}))), `passive works, active not_tested: passive EPSV, warning
			warning - transfer-permission-denied medium`},
		{"no completion in either mode", inBoth(marked, received(197), cleanEnd, fails(evidence.OpCompletion, evidence.KindTimedOut)), `passive fails, active fails: none, critical
			error - transfer-completion-missing medium or control-closed`},
		{"closed in place of the completion", passive(epsv(50001, marked, received(197), cleanEnd, fails(evidence.OpCompletion, evidence.KindEOF))), `passive fails, active works: active EPRT, ok
			warning passive transfer-completion-missing medium or control-closed`},
		{"idle, says the server to LIST", inBoth(connected, answers(evidence.OpTransfer, "421 No transfer timeout (300 seconds): closing control connection", 20)), `passive fails, active fails: none, critical
			error - control-idle-421 high`},
		{"data over TLS only, vsftpd", given(epsv(50001, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20)),
			eprt(answers(evidence.OpDataAccept, "522 Data connections must be encrypted.", 20))), `passive fails, active fails: none, critical
			error - data-tls-required high`},
		{"an error of its own on LIST", passive(epsv(50001, connected, answers(evidence.OpTransfer, "500 OOPS: child died", 20))), `passive fails, active works: active EPRT, ok
			warning passive greeting-server-error medium`},
	}
}

func TestRefusals(t *testing.T) { check(t, refusalsCases()) }

func refusalsCases() []verdictCase {
	no := func(line string) tried { return answers(evidence.OpTransfer, line, 20) }
	refused := func(line string) *evidence.Evidence {
		return given(epsv(50001, connected, no(line)), epsv(50002, connected, no(line), operation("NLST")),
			pasv(50003, connected, no(line)), eprt(no(line)))
	}
	after := func(line string) tried { return answers(evidence.OpCompletion, line, 50) }
	upload := []tried{operation(opStore), purpose(evidence.PurposeUpload), but(func(a *evidence.Attempt) { a.Path = "ftpdiag-x.txt" })}
	stored := func(steps ...tried) *evidence.Evidence {
		return given(epsv(50001, works(197)), eprt(works(197)), epsv(50002, append(append([]tried{}, steps...), upload...)...))
	}
	return []verdictCase{
		{"no listing for anybody", refused("550 Permission denied."), `passive inconclusive, active inconclusive: none, warning
			warning - transfer-permission-denied high`},
		{"no listing, NLST goes", given(epsv(50001, connected, no("502 No.")), epsv(50002, works(9), operation("NLST")), eprt(no("502 No.")), eprt(works(9), operation("NLST"))), `passive works, active works: passive EPSV, ok`},
		{"no listing after the mark", inBoth(marked, after("550 Permission denied.")), `passive works, active works: passive EPSV, warning
			warning - transfer-permission-denied high`},
		{"no files, before the mark", refused("450 No files found"), `passive inconclusive, active inconclusive: none, unknown
			info - transfer-empty-listing high`},
		{"no files, after the mark", inBoth(marked, after("450 No files found")), `passive works, active works: passive EPSV, ok
			info - transfer-empty-listing medium`},
		{"an empty listing", inBoth(works(0)), `passive works, active works: passive EPSV, ok
			info - transfer-empty-listing medium`},
		{"a directory that cannot be opened, vsftpd", inBoth(works(0), but(func(a *evidence.Attempt) { a.Reply = reply("226 Transfer done (but failed to open directory).") })), `passive works, active works: passive EPSV, ok
			info - transfer-empty-listing medium`},
		{"too many transfers", refused("451 LIST: Too many transfers"), `passive inconclusive, active inconclusive: none, warning
			warning - transfer-limit high`},
		{"too many connections, pyftpdlib", refused("425 Too many connections. Can't open data channel."), `passive inconclusive, active inconclusive: none, warning
			warning - transfer-limit high`},
		{"no room, after the mark", inBoth(marked, after("452 Insufficient storage space.")), `passive works, active works: passive EPSV, warning
			warning - transfer-storage-full high`},
		{"no listing in one mode", given(epsv(50001, connected, no("550 Permission denied.")), eprt(works(197))), `passive inconclusive, active works: active EPRT, ok
			warning passive transfer-permission-denied medium`},
		{"the file asked for is refused", given(targetPath("x"), epsv(50001, connected, no("550 x: No such file"), file("x")), epsv(50002, works(197)), eprt(no("550 x: No such file"), file("x")), eprt(works(197))), `passive works, active works: passive EPSV, critical
			error - transfer-permission-denied high`},
		{"the file asked for is refused after the mark", given(targetPath("x"), epsv(50001, marked, after("550 Failed to open file."), file("x")), epsv(50002, works(197)), eprt(works(197))), `passive works, active works: passive EPSV, critical
			error - transfer-permission-denied medium`},
		{"the file asked for is limited", given(targetPath("x"), epsv(50001, connected, no("451 Too many transfers"), file("x")), epsv(50002, works(197)), eprt(works(197))), `passive works, active works: passive EPSV, critical
			error - transfer-limit medium`},
		{"the file asked for comes", given(targetPath("x"), epsv(50001, works(5000), file("x")), eprt(works(5000), file("x"))), `passive works, active works: passive EPSV, ok`},
		{"a file of the listing is refused", given(epsv(50001, works(197)), epsv(50002, connected, no("550 Permission denied."), file("x")), eprt(works(197))), `passive works, active works: passive EPSV, warning
			warning - transfer-permission-denied medium`},
		{"an upload is refused", stored(connected, no("550 Permission denied.")), `passive works, active works: passive EPSV, critical
			error - transfer-permission-denied medium`},
		{"an upload finds the disk full", stored(marked, after("426 No space left on device; transfer aborted.")), `passive works, active works: passive EPSV, critical
			error - transfer-storage-full medium`},
		{"an upload cannot be written", stored(marked, after("451 Transfer aborted. Input/output error")), `passive works, active works: passive EPSV, critical
			error - transfer-storage-full medium`},
		{"an upload breaks", stored(marked, after("426 Failure reading network stream.")), `passive works, active works: passive EPSV, critical
			error passive passive-aborted-426 medium`},
		{"an upload that is stored otherwise", stored(marked, fails(evidence.OpCompletion, evidence.KindOther)), `passive works, active works: passive EPSV, critical
			error passive passive-aborted-426 medium`},
		{"an upload that cannot be deleted", stored(works(76), but(func(a *evidence.Attempt) { a.LeftBehind = true })), `passive works, active works: passive EPSV, warning
			warning - transfer-permission-denied medium`},
		{"an upload that works", stored(works(76)), `passive works, active works: passive EPSV, ok`},
	}
}

func TestRemarks(t *testing.T) { check(t, remarksCases()) }

func remarksCases() []verdictCase {
	slow := but(func(a *evidence.Attempt) { a.FirstByte, a.End = later(a, 40), *later(a, 9040) })
	return []verdictCase{
		{"250 completes", inBoth(works(197), but(func(a *evidence.Attempt) { a.Reply = reply("250 Done.") })), `passive works, active works: passive EPSV, ok
			info - transfer-completion-250 medium`},
		{"a few bytes a second", inBoth(works(300), slow), `passive works, active works: passive EPSV, ok
			info - transfer-slow medium`},
		{"enough of a slow one", inBoth(works(300), slow, but(func(a *evidence.Attempt) { a.Truncated = true })), `passive works, active works: passive EPSV, ok
			info - transfer-slow medium`},
		{"a line of 1 Mbit/s", inBoth(works(1<<20), slow), `passive works, active works: passive EPSV, ok`},
		{"the limit of what is read", inBoth(works(1<<20), but(func(a *evidence.Attempt) { a.Truncated = true })), `passive works, active works: passive EPSV, ok`},
	}
}

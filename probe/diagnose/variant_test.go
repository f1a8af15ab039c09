package diagnose

import (
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

// findingOf is the finding with the code.
func findingOf(t *testing.T, ev *evidence.Evidence, code Code) Finding {
	t.Helper()
	r := Diagnose(ev)
	for _, f := range r.Findings {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no %s in\n%s", code, brief(r))
	return Finding{}
}

// told is what a finding says and advises, a line each.
func told(f Finding) string {
	lines := []string{f.Summary}
	for _, fix := range f.Fixes {
		lines = append(lines, string(fix.Who)+": "+fix.Text)
	}
	return strings.Join(lines, "\n")
}

// Nobody is sent from one dead mode to the other.
func TestADeadModeIsNoRemedy(t *testing.T) {
	silent := fails(evidence.OpDataAccept, evidence.KindTimedOut)
	dead := dial(evidence.KindTimedOut)
	for _, c := range []struct {
		name string
		ev   *evidence.Evidence
		code Code
		has  string // "": neither passive nor active mode is a step
	}{
		{"both dead", given(epsv(50001, dead), eprt(silent)), PassivePortsDropped, ""},
		{"both dead", given(epsv(50001, dead), eprt(silent)), ActiveInboundDropped, ""},
		{"active works", given(epsv(50001, dead), eprt(works(9))), PassivePortsDropped, "client-user: Use active mode meanwhile: "},
		{"passive works", given(epsv(50001, works(9)), eprt(silent)), ActiveInboundDropped, "client-user: Use passive mode: "},
		{"active not tried", given(epsv(50001, dead)), PassivePortsDropped, "client-user: Where active mode works, use active mode meanwhile: "},
		{"passive not tried", given(eprt(silent)), ActiveInboundDropped, "client-user: Where passive mode works, use passive mode: "},
	} {
		got := told(findingOf(t, c.ev, c.code))
		if c.has == "" && (strings.Contains(got, "se passive mode") || strings.Contains(got, "se active mode")) || !strings.Contains(got, c.has) {
			t.Errorf("%s: %s: %q is wanted in\n%s", c.name, c.code, c.has, got)
		}
	}
}

// Carrier-grade NAT rules active mode out only where it does.
func TestCGNATWhereActiveModeWorks(t *testing.T) {
	nat := []part{from("100.64.3.4"), seenAs("198.51.100.9")}
	got := findingOf(t, given(append([]part{epsv(50001, works(9)), eprt(works(9))}, nat...)...), ClientBehindCGNAT).Summary
	if strings.Contains(got, "rules out") || !strings.Contains(got, "active mode works here") {
		t.Error(got)
	}
	got = findingOf(t, given(append([]part{epsv(50001, works(9))}, nat...)...), ClientBehindCGNAT).Summary
	if !strings.Contains(got, "usually rules out active mode") {
		t.Error(got)
	}
}

// What is said in the forms of a cause that differ from the usual one.
func TestVariants(t *testing.T) {
	silent := fails(evidence.OpDataAccept, evidence.KindTimedOut)
	v6 := []part{peer(serverV6), from("2001:db8::2"), attempt(evidence.EPSV, says("500 Unknown command.")),
		attempt(evidence.PASV, says("425 You cannot use PASV on IPv6 connections. Use EPSV instead."))}
	loginSays := func(line string) *evidence.Evidence { return outside(refusedAt(evidence.OpLogin, "USER", line)) }
	family := func(f string) part { return func(ev *evidence.Evidence) { ev.Options.Family = f } }
	unknown := func(ev *evidence.Evidence) {
		ev.Addresses, ev.Resolve.Failure = nil, failure(evidence.OpResolve, evidence.KindNoSuchHost)
	}
	for _, c := range []struct {
		name   string
		ev     *evidence.Evidence
		code   Code
		has    []string
		hasNot []string
	}{
		{"EPSV refused over IPv6, active dead", given(append(v6, eprt(silent))...), PassivePASVOverIPv6, []string{"which the server refuses", "curl `-4`", "server-admin: Allow EPSV"}, []string{"use active mode", "Use active mode", "Use EPSV"}},
		{"EPSV refused over IPv6, active works", given(append(v6, eprt(works(9)))...), PassivePASVOverIPv6, []string{"Use active mode"}, nil},
		{"a busy port", active(attempt(evidence.EPRT, fails(evidence.OpDataAccept, evidence.KindExhausted))), ControlLocalPortsExhausted, []string{"could not listen on the ports asked for", "`--active-ports`"}, []string{"sysctl", "netsh"}},
		{"a port not permitted", active(attempt(evidence.EPRT, fails(evidence.OpDataAccept, evidence.KindDenied))), ControlLocalPolicy, []string{"could not listen on the ports asked for", "`--active-ports`"}, []string{"security"}},
		{"PORT is not answered", given(attempt(evidence.PORT, offersOwn, fails(evidence.OpNegotiate, evidence.KindTimedOut)), greets("(vsFTPd 3.0.3)")), ControlClosed, []string{"does not answer PORT", "inspection"}, []string{"hangs up"}},
		{"Pure-FTPd without an account", loginSays("421 Unable to set up secure anonymous FTP"), LoginHomeUnavailable, []string{"no usable account", "user ftp with a home directory"}, []string{"password"}},
		{"an unknown 421", loginSays("421 Not today."), LoginSessionLimit, []string{"reply 421", "log tells why"}, []string{"as many connections"}},
		{"a limit", loginSays("421 Too many active connections"), LoginSessionLimit, []string{"as many connections"}, nil},
		{"no directory", loginSays("500 OOPS: cannot change directory:/home/x"), LoginHomeUnavailable, []string{"cannot open the user's directory"}, []string{"allow_writeable_chroot"}},
		{"writable root", loginSays("500 OOPS: vsftpd: refusing to run with writable root inside chroot()"), LoginHomeUnavailable, []string{"allow_writeable_chroot"}, []string{"cannot open"}},
		{"120 and then 220 at once", given(server("120 Service ready in 1 minute."), epsv(50001, works(9))), GreetingSlow, []string{"reply 120", "give up there"}, []string{"looks up", "takes long"}},
		{"-6", outside(unknown, family("ipv6")), DNSNoSuchHost, []string{"no IPv6 address, and -6 allows nothing else", "Leave -6 away"}, nil},
		{"-4", outside(unknown, family("ipv4")), DNSNoSuchHost, []string{"no IPv4 address, and -4 allows nothing else", "Leave -4 away"}, nil},
		{"a path that is refused", given(targetPath("x"), epsv(50001, works(9)), epsv(50002, connected, answers(evidence.OpTransfer, "550 No.", 20), file("x"))), TransferPermissionDenied, []string{"or it does not exist.\nclient-user: Check the path"}, nil},
		{"no listing on vsftpd", given(greets("(vsFTPd 3.0.3)"), epsv(50001, connected, answers(evidence.OpTransfer, "550 Permission denied.", 20))), TransferPermissionDenied, []string{"list the directory", "`dirlist_enable=YES`", "`--path FILE`"}, nil},
		{"DELE refused", given(epsv(50001, works(9)), epsv(50002, works(0), operation(opStore), but(func(a *evidence.Attempt) { a.Path, a.LeftBehind = "in/x", true }))), TransferPermissionDenied, []string{"The upload worked", "Delete the uploaded file"}, []string{"does not exist"}},
		{"a directory that cannot be opened", given(targetPath("nope/"), epsv(50001, works(0), but(func(a *evidence.Attempt) {
			a.Path, a.Reply = "nope/", reply("226 Transfer done (but failed to open directory).")
		}))), TransferPermissionDenied, []string{"or it does not exist"}, nil},
		{"no completion of a short transfer", given(epsv(50001, marked, received(197), cleanEnd, fails(evidence.OpCompletion, evidence.KindTimedOut))), TransferCompletionMissing, []string{"the server does not send it"}, []string{"forgotten", "RFC 5382"}},
		{"no completion of a long transfer", given(epsv(50001, marked, received(197), cleanEnd, fails(evidence.OpCompletion, evidence.KindTimedOut), but(func(a *evidence.Attempt) { a.End = *later(a, 90000) }))), TransferCompletionMissing, []string{"forgotten"}, nil},
		{"not from port 20", active(eprt(works(197), but(func(a *evidence.Attempt) { a.AcceptedFrom = evidence.At(parseAddr(serverIP), 40193) }))), ActiveSourcePortNot20, []string{"calls from port 40193, not from port 20, on which some firewalls insist"}, nil},
		{"neither", outside(unknown), DNSNoSuchHost, []string{"misspelt"}, []string{"-6"}},
	} {
		got := told(findingOf(t, c.ev, c.code))
		for _, want := range c.has {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing from\n%s", c.name, want, got)
			}
		}
		for _, no := range c.hasNot {
			if strings.Contains(got, no) {
				t.Errorf("%s: %q is in\n%s", c.name, no, got)
			}
		}
	}
}

// Variants read as well as the catalogue, and whoever is likeliest has a step.
func TestVariantsReadWell(t *testing.T) {
	for _, v := range variants {
		for _, values := range []map[string]string{nil, sampleValues} {
			s := fill(v.summary, values)
			if why := unreadable(s); why != "" {
				t.Errorf("%s: %s", why, s)
			}
		}
		for _, product := range seenProducts {
			fixes := fixesFrom(v.remedies, product, nil, Modes{Works, Works})
			for _, f := range fixes {
				checkFix(t, Code(v.summary), product, f)
			}
			if len(fixes) == 0 || fixes[0].Who != v.who[0] {
				t.Errorf("%s: the first step is not %s's", v.summary, v.who[0])
			}
		}
	}
}

// Whoever is named first has the first step.
func TestTheFirstStepIsTheLikeliestPersons(t *testing.T) {
	for _, code := range []Code{PassiveHairpin, PassiveAddressMismatch} {
		if fixes := fixesFor(code, "", nil); fixes[0].Who != causeOf(code).who[0] {
			t.Errorf("%s is for %s, and %s has the first step", code, causeOf(code).who[0], fixes[0].Who)
		}
	}
}

// What a library said is put as what it means for clients.
func TestLibraryInWords(t *testing.T) {
	library := but(func(a *evidence.Attempt) {
		a.Library = &evidence.Failure{Op: evidence.OpNegotiate, Kind: evidence.KindMalformed, Message: "another question than the one that was asked"}
	})
	loose := but(func(a *evidence.Attempt) { a.Negotiation = reply("227 Entering Passive Mode 203,0,113,10,195,82") })
	done250 := but(func(a *evidence.Attempt) { a.Reply = reply("250 Done.") })
	for want, f := range map[string]Finding{
		"a common client library could not read this reply":   findingOf(t, given(pasv(50002, works(9), loose, library)), PassiveReplyUnparseable),
		"a common client library took this 250 for a failure": findingOf(t, given(epsv(50001, works(9), done250, library)), TransferCompletion250),
	} {
		if !slices.Contains(f.Evidence, want) {
			t.Errorf("%q is missing from %q", want, f.Evidence)
		}
	}
}

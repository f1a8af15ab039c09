package diagnose

import (
	"slices"
	"testing"
)

// allCases are the evidence of every table in this package.
func allCases() []verdictCase {
	var all []verdictCase
	for _, cases := range []func() []verdictCase{
		namesCases, controlConnectionCases, greetingCases, slowGreetingCases, loginCases, virtualHostCases, behindNATCases,
		passiveRefusedCases, passiveRepliesCases, passiveOverIPv6Cases, passiveAddressCases, passiveDataCases,
		deadPortsCases, portBoundariesCases, oneMethodDeadCases, fewPortsCases, activeRefusedCases, activeDataCases,
		contactLostCases, transferCases, refusalsCases, remarksCases, tlsCases, certificateCases, dataTLSCases, blindCases,
	} {
		all = append(all, cases()...)
	}
	return all
}

// notProbed are the codes that no probe from here can establish, and which stand
// in could_also_be, in fixes, or come from other input.
var notProbed = []Code{
	DNSCDNProxiedHost, DNSSplitHorizon, ControlProxyRequired, PassiveHelperMissing, PassiveContainerPorts,
	PassiveEgressAddressVaries, ServerMACPolicy, ActiveClientOnlyTool, ActiveCloudVMClient, TransferAVScanHold,
	TransferWindowScaling, TLSCCCNeeded,
}

// Every code that a probe can establish is some case's, and no other.
func TestEveryCodeIsReached(t *testing.T) {
	found, open := map[Code]bool{}, map[Code]bool{}
	for _, c := range allCases() {
		for _, f := range Diagnose(c.ev).Findings {
			found[f.Code] = true
			for _, o := range f.CouldAlsoBe {
				open[o] = true
			}
		}
	}
	for _, c := range constants(t) {
		want := !slices.Contains(notProbed, c)
		if found[c] != want {
			t.Errorf("%s: reached %v, want %v", c, found[c], want)
		}
		if slices.Contains(notProbed, c) && !open[c] && c != ActiveClientOnlyTool && c != ActiveCloudVMClient && c != TLSCCCNeeded {
			t.Errorf("%s is neither a finding nor a look-alike of one", c)
		}
	}
}

package ftptest

import (
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
)

func TestFaultsAreWellFormed(t *testing.T) {
	faults := Faults()
	if !slices.IsSortedFunc(faults, func(a, b Fault) int { return strings.Compare(string(a.Code), string(b.Code)) }) {
		t.Error("not sorted by code")
	}
	seen := map[diagnose.Code]bool{}
	for _, f := range faults {
		if seen[f.Code] {
			t.Errorf("%s is there twice", f.Code)
		}
		seen[f.Code] = true
		if f.Title == "" || strings.ContainsAny(f.Title, "\r\n") || strings.HasSuffix(f.Title, ".") || len(f.Title) > 60 {
			t.Errorf("%s: title %q", f.Code, f.Title)
		}
		// A code tells what it is about.
		for mode, prefix := range map[string]string{"passive": "passive-", "active": "active-"} {
			if strings.HasPrefix(string(f.Code), prefix) != (string(f.Mode) == mode) {
				t.Errorf("%s: mode %q", f.Code, f.Mode)
			}
		}
	}
}

func TestVariantsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Variants() {
		if seen[f.Title] || f.Title == "" || len(f.Title) > 60 || f.Code == "" {
			t.Errorf("%s: title %q", f.Code, f.Title)
		}
		seen[f.Title] = true
	}
}

func TestFaultsStart(t *testing.T) {
	for _, f := range append(Faults(), Variants()...) {
		scene, err := f.Start()
		if err != nil {
			t.Errorf("%s: %v", f.Code, err)
			continue
		}
		cfg := scene.Config
		if cfg.Target.Host == "" || cfg.Target.Port == 0 || cfg.Timeout <= 0 || cfg.Timeout > 3*sceneTimeout ||
			cfg.Dialer == nil || cfg.Resolver == nil || cfg.Listener == nil {
			t.Errorf("%s: %+v", f.Code, cfg)
		}
		if len(scene.Network.Hosts) != 1 {
			t.Errorf("%s: played at %v", f.Code, scene.Network.Hosts)
		}
		scene.Close()
	}
}

// The plain-FTP causes that no fault here shows, and why.
var unshown = map[diagnose.Code]string{
	diagnose.DNSCDNProxiedHost:           "needs the ranges of a real network",
	diagnose.DNSSplitHorizon:             "needs another resolver",
	diagnose.ControlProxyRequired:        "looks like control-filtered",
	diagnose.PassiveClientEgressBlocked:  "needs a hop walk",
	diagnose.PassiveHelperMissing:        "looks like passive-ports-dropped",
	diagnose.PassiveEgressAddressVaries:  "looks like passive-address-mismatch",
	diagnose.PassiveMultiBackend:         "looks like other intermittent causes",
	diagnose.PassiveContainerPorts:       "looks like passive-private-address",
	diagnose.ServerMACPolicy:             "looks like passive-ports-exhausted",
	diagnose.ActiveInboundDroppedLocally: "needs a packet socket",
	diagnose.ActiveClientOnlyTool:        "is about other clients",
	diagnose.ActiveCloudVMClient:         "looks like active-nat-not-forwarded",
	diagnose.TransferWindowScaling:       "looks like transfer-stalled",
	diagnose.TransferAVScanHold:          "looks like transfer-stalled",
}

// plain are the causes that plain FTP can show, by the beginnings of their codes.
func plain(code diagnose.Code) bool {
	for _, prefix := range []string{"client-", "dns-", "control-", "greeting-", "login-", "passive-", "active-", "transfer-", "server-"} {
		if strings.HasPrefix(string(code), prefix) {
			return true
		}
	}
	return false
}

func TestEveryPlainCauseIsShown(t *testing.T) {
	shown := map[diagnose.Code]bool{}
	for _, f := range Faults() {
		shown[f.Code] = true
		if why := unshown[f.Code]; why != "" {
			t.Errorf("%s is shown, although it %s", f.Code, why)
		}
	}
	for _, code := range codes(t) {
		if plain(code) && !shown[code] && unshown[code] == "" {
			t.Errorf("no fault shows %s", code)
		}
	}
}

package diagnose

// cause is what is known of a code before any evidence.
type cause struct {
	layer   Layer
	who     []Who  // likeliest first; empty: nobody has to act
	summary string // completed by fill
	alsoBe  []Code // what looks the same; a rule drops those that its evidence excludes
}

// entry is one line of a layer's table.
type entry struct {
	code    Code
	who     []Who
	summary string
	alsoBe  []Code
}

// catalogue holds every cause, by layer, in the order of findings.
var catalogue = []struct {
	layer   Layer
	entries []entry
}{
	{LayerDNS, dnsCauses},
	{LayerControl, controlCauses},
	{LayerGreeting, greetingCauses},
	{LayerTLS, tlsCauses},
	{LayerLogin, loginCauses},
	{LayerNegotiation, negotiationCauses},
	{LayerData, passiveDataCauses},
	{LayerData, activeDataCauses},
	{LayerData, dataTLSCauses},
	{LayerTransfer, transferCauses},
}

var causes = func() map[Code]cause {
	m := make(map[Code]cause)
	for _, part := range catalogue {
		for _, e := range part.entries {
			m[e.code] = cause{part.layer, e.who, e.summary, e.alsoBe}
		}
	}
	return m
}()

// causeOf tells what is known of code. It knows every Code constant; another
// code has the zero cause.
func causeOf(code Code) cause { return causes[code] }

// Codes lists every cause, layer by layer.
func Codes() []Code {
	var codes []Code
	for _, part := range catalogue {
		for _, e := range part.entries {
			codes = append(codes, e.code)
		}
	}
	return codes
}

// Describe says in one sentence what code means, without any value of a
// particular diagnosis; ok is false for a code that is not known.
func Describe(code Code) (summary string, ok bool) {
	c, ok := causes[code]
	return fill(c.summary, nil), ok
}

func who(people ...Who) []Who     { return people }
func alsoBe(codes ...Code) []Code { return codes }

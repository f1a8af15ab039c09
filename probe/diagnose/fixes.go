package diagnose

import (
	"maps"
	"strings"

	"ftpdiag/probe/evidence"
)

// remedy is what one person can do about a cause. Its text stands alone; the
// recipe adds how it is done with the product at hand. In both, {low}-{high} and
// the other names of directiveValues stand for values; what a person copies is
// in backquotes.
type remedy struct {
	who    Who
	text   string
	recipe recipe
	needs  evidence.Mode // only where this mode works; "": whatever works
	ports  string        // what {low}-{high} is: the name of a value, or LOW-HIGH; "": the ports that the server offers
}

// do makes a remedy that needs no recipe.
func do(who Who, text string) remedy { return remedy{who: who, text: text} }

// how makes a remedy whose last sentence depends on the product.
func how(who Who, text string, r recipe) remedy { return remedy{who: who, text: text, recipe: r} }

// instead makes a remedy that is another mode: a person who is sent from one dead
// mode to the other has lost a step.
func instead(mode evidence.Mode, text string) remedy {
	return remedy{who: ClientUser, text: text, needs: mode}
}

// within says which ports the remedy is about.
func (r remedy) within(ports string) remedy {
	r.ports = ports
	return r
}

// remedies of every cause, gathered from the tables of the layers.
var remedies = func() map[Code][]remedy {
	all := map[Code][]remedy{}
	for _, table := range []map[Code][]remedy{
		connectionRemedies, greetingRemedies, tlsRemedies, loginRemedies,
		negotiationRemedies, passiveRemedies, firewallRemedies, activeRemedies,
		dataTLSRemedies, transferRemedies,
	} {
		maps.Copy(all, table)
	}
	return all
}()

// recipe says how something is done, option by option.
type recipe struct {
	options []option
	// anyway: where no option is the product's, all are shown. It is for choices
	// that a product does not decide, such as the firewall.
	anyway bool
}

// option is the way of one product, or of several that share it.
type option struct {
	label    string   // how the option is announced: "vsftpd"
	text     string   // imperative, without a full stop
	products []string // beginnings of product names; empty: the label
}

// fixesFor lists what can be done about code where both modes work otherwise; see
// fixesFrom. A code without a cure has no fixes.
func fixesFor(code Code, product string, values map[string]string) []Fix {
	return fixesFrom(remedies[code], product, values, Modes{Works, Works})
}

// fixesFrom makes fixes of remedies, in the order in which to try them, with the
// directives of product where they are known, and with those of several common
// servers where product is "" or a stranger. Values are those of the hit; see
// directiveValues. A mode that is dead is nobody's remedy, and of one that was
// not tried it is said that it must work.
func fixesFrom(list []remedy, product string, values map[string]string, modes Modes) []Fix {
	fixes := []Fix{}
	for _, r := range list {
		known := directiveValues(values, r.ports)
		text := r.text + r.recipe.forProduct(product)
		switch verdict := modes.Of(r.needs); {
		case r.needs == "", usable(verdict):
		case verdict == Fails:
			continue
		default:
			text = "Where " + names[r.needs] + " works, " + lowerFirst(text)
		}
		fixes = append(fixes, Fix{Who: r.who, Text: eachName(text, func(name string) string { return known[name] })})
	}
	return fixes
}

// mostOptions is how many options one sentence can hold and still be read.
const mostOptions = 5

// forProduct is the sentence about the product, with a space before it.
func (r recipe) forProduct(product string) string {
	if o := r.optionOf(product); o != nil {
		return " " + o.announce() + "."
	}
	if recognised(product) && !r.anyway {
		return ""
	}
	var all []string
	for _, o := range r.options[:min(mostOptions, len(r.options))] {
		all = append(all, o.announce())
	}
	if len(all) == 0 {
		return ""
	}
	return " " + strings.Join(all, "; ") + "."
}

func (o option) announce() string { return o.label + ": " + o.text }

// optionOf finds the option of product; nil: there is none.
func (r recipe) optionOf(product string) *option {
	for i := range r.options {
		for _, name := range r.options[i].names() {
			if name == filezilla && begins(product, oldFileZilla) {
				continue // its dialogues are others
			}
			if begins(product, name) {
				return &r.options[i]
			}
		}
	}
	return nil
}

func (o option) names() []string {
	if len(o.products) == 0 {
		return []string{o.label}
	}
	return o.products
}

// begins is strings.HasPrefix by whole words and version numbers.
func begins(product, name string) bool {
	rest, ok := strings.CutPrefix(product, name)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '.')
}

// recognised says whether product is one that productOf makes. A stranger is
// treated like an unknown server.
func recognised(product string) bool {
	for _, m := range marks() {
		if begins(product, m.product) {
			return true
		}
	}
	return false
}

package realserver

import "strings"

// lines are a configuration file in the making.
type lines []string

func (l *lines) add(more ...string) { *l = append(*l, more...) }

func (l *lines) addIf(cond bool, line string) {
	if cond {
		l.add(line)
	}
}

func (l lines) write(path string) error {
	return writeFile(path, []byte(strings.Join(l, "\n")+"\n"), 0o600)
}

package ftptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// tree is what the server serves; STOR and DELE change it.
type tree struct {
	mu    sync.Mutex
	files map[string]string
}

// smallTree is served where a Behaviour has no files. One of them is large
// enough to tell a path that passes only small packets.
func smallTree() map[string]string {
	return map[string]string{
		"README.txt":     "Files for everybody.\r\n",
		"pub/notes.txt":  "Nothing to note.\r\n",
		"pub/sample.bin": strings.Repeat("0123456789abcde\n", 4096),
		"sample.bin":     strings.Repeat("0123456789abcde\n", 4096),
	}
}

func newTree(files map[string]string) *tree {
	if files == nil {
		return &tree{files: smallTree()}
	}
	return &tree{files: maps.Clone(files)}
}

func (t *tree) get(path string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	content, ok := t.files[path]
	return content, ok
}

func (t *tree) put(path, content string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[path] = content
}

func (t *tree) remove(path string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.files[path]
	delete(t.files, path)
	return ok
}

// entry is one line of a listing.
type entry struct {
	name string
	size int
	dir  bool
}

// list is what lies in the directory at path; false where there is none. The
// login directory is "" and always there.
func (t *tree) list(path string) ([]entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := map[string]entry{}
	for name, content := range t.files {
		rest, ok := name, true
		if path != "" {
			rest, ok = strings.CutPrefix(name, path+"/")
		}
		if !ok {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		e := entry{name: first, size: len(content), dir: deeper}
		if deeper {
			e.size = 4096
		}
		found[first] = e
	}
	return slices.SortedFunc(maps.Values(found), func(a, b entry) int { return strings.Compare(a.name, b.name) }),
		path == "" || len(found) > 0
}

// long is the form of LIST, which no RFC describes: that of /bin/ls.
func (e entry) long() string {
	mode := "-rw-r--r--"
	if e.dir {
		mode = "drwxr-xr-x"
	}
	return fmt.Sprintf("%s    1 ftp      ftp      %8d Jan 01  2024 %s\r\n", mode, e.size, e.name)
}

// facts is the form of MLSD (RFC 3659 §7).
func (e entry) facts() string {
	kind := "file"
	if e.dir {
		return fmt.Sprintf("type=dir; %s\r\n", e.name)
	}
	return fmt.Sprintf("type=%s;size=%d; %s\r\n", kind, e.size, e.name)
}

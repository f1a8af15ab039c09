package realserver

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
)

// The files of the anonymous root and of every home directory.
const (
	SmallFile  = "hello.txt"  // 20 bytes
	File1K     = "1k.bin"     // 1 KiB
	File64K    = "64k.bin"    // 64 KiB
	File300K   = "300k.bin"   // 300 KiB
	File3M     = "3m.bin"     // 3 MiB
	EmptyDir   = "empty"      // a directory with nothing in it
	SecretDir  = "unreadable" // a directory that the server may not list
	UploadDir  = "incoming"   // a directory that users may write to
	smallText  = "ftpdiag says hello.\n"
	largestLen = 3 << 20
)

var fileSizes = map[string]int{
	File1K: 1 << 10, File64K: 64 << 10, File300K: 300 << 10, File3M: largestLen,
}

// random is what the binary files begin with: the same in every run, and not
// compressible, so that no layer on the way makes them smaller.
var random = sync.OnceValue(func() []byte {
	b := make([]byte, largestLen)
	r := rand.NewChaCha8([32]byte{'f', 't', 'p'})
	_, _ = r.Read(b) // never fails
	return b
})

// Content is what the named file of the tree holds, nil for an unknown name.
func Content(name string) []byte {
	if name == SmallFile {
		return []byte(smallText)
	}
	if size, ok := fileSizes[name]; ok {
		return random()[:size]
	}
	return nil
}

// makeTree fills dir, whose files belong to root except where owner may write.
func makeTree(dir string, owner int) error {
	for _, sub := range []struct {
		name string
		mode os.FileMode
	}{{EmptyDir, 0o755}, {SecretDir, 0o711}, {UploadDir, 0o755}} {
		path := filepath.Join(dir, sub.name)
		if err := makeDir(path, sub.mode); err != nil {
			return err
		}
	}
	if err := os.Chown(filepath.Join(dir, UploadDir), owner, owner); err != nil {
		return err
	}
	for _, name := range []string{SmallFile, File1K, File64K, File300K, File3M} {
		if err := writeFile(filepath.Join(dir, name), Content(name), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file of exactly that mode, whatever the umask.
func writeFile(path string, content []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, content, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// makeDir makes a directory of exactly that mode, whatever the umask.
func makeDir(path string, mode os.FileMode) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

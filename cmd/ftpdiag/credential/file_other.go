//go:build !unix

package credential

// nonblock is nothing where no pipe has a name in the file system.
const nonblock = 0

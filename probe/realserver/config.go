package realserver

import (
	"net/netip"
	"slices"
	"time"
)

// Product names a server.
type Product string

// The products.
const (
	Vsftpd    Product = "vsftpd"
	ProFTPD   Product = "proftpd"
	PureFTPd  Product = "pure-ftpd"
	Pyftpdlib Product = "pyftpdlib"
)

// Products are all of them.
var Products = []Product{Vsftpd, ProFTPD, PureFTPd, Pyftpdlib}

// Toggle is an option whose default is the product's own.
type Toggle int

// The settings of a Toggle.
const (
	Default Toggle = iota
	On
	Off
)

// Config is what a server should do. The zero value of a field is the default;
// only Product is required. An option that the product lacks fails the test.
type Config struct {
	Product Product

	// Address to listen on. The zero value is 127.0.0.1 on Loopback, and every
	// address of both families in a namespace, which "::" also means.
	Address netip.Addr
	// Port to listen on. 0 is any free port on Loopback; in a namespace 21, or
	// 990 with implicit TLS.
	Port int

	Greeting string   // replaces the product's own
	Deny     []string // commands to refuse, such as EPSV

	PassiveLow, PassiveHigh int    // range of the passive ports; 0 is the product's own
	PassiveAddress          string // IPv4 address in the reply to PASV; empty: the local one
	NoPassive, NoActive     bool   // refuse both commands of the mode
	FromPort20              Toggle // in active mode connect from the control port less one

	// DataTimeout is how long the server waits for a data connection, passive
	// or active. 0 is the product's own, which is 30 s or more. Whole seconds.
	DataTimeout time.Duration

	MaxPerIP   int // control connections of one address; 0: no limit
	MaxClients int // control connections in all; 0: no limit

	NoAnonymous bool   // refuse anonymous
	Users       []User // who may log in beside anonymous

	EmptyDir      bool // the anonymous login directory has nothing in it
	UnreadableDir bool // the anonymous login directory cannot be listed
	NoListing     bool // refuse LIST, NLST and MLSD

	UploadSpace int // bytes that fit into UploadDir, at least 4096; 0: no limit of its own

	TLS *TLS // nil: the server offers none

	// Extra is the product's own configuration, put last: lines for vsftpd and
	// ProFTPD, arguments for Pure-FTPd, Python statements for pyftpdlib, which
	// see handler, server and authorizer.
	Extra []string
}

// User is an account with a home directory of its own, which holds the same
// files as the anonymous root.
type User struct {
	Name, Password string
	NoHome         bool // the home directory does not exist
	Chroot         bool // the user cannot leave the home directory (vsftpd, Pure-FTPd: no user can)
	WritableHome   bool // the home directory belongs to the user
}

// chroots says whether a user is kept in the home directory, where the product
// knows that for all users only.
func (c Config) chroots() bool {
	return slices.ContainsFunc(c.Users, func(u User) bool { return u.Chroot })
}

// TLS is how a server encrypts (RFC 4217).
type TLS struct {
	CertFile, KeyFile string // PEM; without CertFile the server has no certificate
	Implicit          bool   // TLS from the first byte
	Require           bool   // no login in clear
	RequireData       bool   // no data connection in clear
	RequireReuse      bool   // a data connection must resume the session of the control connection
	MinVersion        uint16 // such as tls.VersionTLS12; 0: the product's own
	MaxVersion        uint16
}

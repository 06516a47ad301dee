package house

import (
	"slices"
	"strings"
)

// module is the project's module path.
const module = "kaskad"

// maxLines bounds a Go file that is written by hand.
const maxLines = 600

// topLevel is everything that may be at the top, apart from dot files.
var topLevel = []string{
	"engine", "nodes", "api", "web-editor", "cmd", "migrations",
	"go.mod", "go.sum", "Makefile", "README.md", "CHANGELOG.md", "LICENSE",
}

// writtenByHand are the endings of source files.
var writtenByHand = []string{".go", ".sql", ".ts", ".tsx", ".css", ".sh"}

// unfinished are the marks of unfinished business. They are put together here so that this file has none.
var unfinished = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}

// homes are libraries that live in one folder each, in tests too.
var homes = []struct{ library, folder string }{
	{"github.com/expr-lang/expr", "engine/expression"},
	{"github.com/jackc/pgx", "engine/store"},
	{"github.com/gin-gonic/gin", "api"},
}

// rule says what the code of a folder may import. Tests may import more: they put things together.
type rule struct {
	folder string
	// own are the project's folders that it may import, with what is inside them. Its own inside is always allowed.
	own []string
	// exact are folders of which only the package itself may be imported.
	exact []string
	// anyOwn allows all of the project but these.
	anyOwn bool
	but    []string
	// standard forbids libraries outside the standard one.
	standard bool
	// pure forbids the clock, randomness, the network and the system.
	pure bool
}

// domain is what the packages of what the product knows may import of ours: not each other.
var domain = []string{"engine/scheme", "engine/channel", "engine/fault", "engine/filter", "engine/ids", "engine/paging"}

// rules are the house's imports, most particular folder first. A folder in engine without a line here is an error, so
// that a new one is thought about.
var rules = []rule{
	{folder: "engine/words", pure: true, standard: true},
	{folder: "engine/scheme", own: []string{"engine/words"}, pure: true},
	{folder: "engine/expression", own: []string{"engine/scheme", "engine/filter", "engine/words"}, pure: true},
	{folder: "engine/fault", pure: true, standard: true},
	{folder: "engine/ids", pure: true, standard: true},
	{folder: "engine/filter", own: []string{"engine/fault"}, pure: true},
	{folder: "engine/paging", own: []string{"engine/fault"}, pure: true, standard: true},
	{folder: "engine/access", own: domain},
	{folder: "engine/library", own: domain, exact: []string{"engine"}},
	{folder: "engine/task", own: domain},
	{folder: "engine/files", own: domain},
	{folder: "engine/simulate", own: []string{"engine/scheme", "engine/channel", "engine/words"}, exact: []string{"engine"}, pure: true},
	{folder: "engine/channel", own: []string{"engine/scheme"}, exact: []string{"engine"}},
	{folder: "engine/run", own: []string{"engine/scheme", "engine/channel"}, exact: []string{"engine"}},
	{folder: "engine/store", own: []string{
		"engine/scheme", "engine/channel", "engine/run", "engine/audience", "engine/campaign", "engine/ledger",
		"engine/report", "engine/dialog", "migrations",
		"engine/access", "engine/library", "engine/task", "engine/files", "engine/fault", "engine/filter", "engine/ids", "engine/paging",
	}, exact: []string{"engine"}},
	{folder: "engine/audience", own: domain, exact: []string{"engine"}},
	{folder: "engine/campaign", own: domain, exact: []string{"engine"}},
	{folder: "engine/ledger", own: domain, exact: []string{"engine"}},
	{folder: "engine/report", own: domain, exact: []string{"engine"}},
	{folder: "engine/dialog", own: domain, exact: []string{"engine"}},
	{folder: "engine/house"},
	{folder: "engine", own: []string{"engine/scheme"}, standard: true, pure: true},
	{folder: "api", anyOwn: true, but: []string{"engine/store", "cmd"}},
	{folder: "cmd", anyOwn: true},
	{folder: "migrations", standard: true},
	{folder: "web-editor", standard: true},
}

// blockRule is for nodes/<type>, and driverRule for nodes/<type>/driver, the only one that does I/O. The package nodes
// itself is the list of them, and nodes/internal is what several blocks share, as pure as they are.
var (
	blockRule  = rule{folder: "nodes", own: []string{"engine/scheme", "engine/channel", "nodes/internal"}, exact: []string{"engine"}, pure: true}
	driverRule = rule{folder: "nodes", own: []string{"engine/scheme", "engine/channel", "nodes/internal"}, exact: []string{"engine"}}
	listRule   = rule{folder: "nodes", own: []string{"nodes", "engine/scheme", "engine/channel"}, exact: []string{"engine"}, pure: true}
)

// ruleFor finds the rule of a folder; there is none for a folder that nobody thought about.
func ruleFor(dir string) (rule, bool) {
	if dir == "nodes" {
		return listRule, true
	}
	if under(dir, "nodes") {
		parts := strings.Split(dir, "/")
		own := strings.Join(parts[:2], "/")
		r := blockRule
		if len(parts) > 2 && parts[2] == "driver" {
			r = driverRule
			r.exact = append(slices.Clone(r.exact), own)
			own += "/driver"
		} else {
			// The block does not know who talks to the provider.
			r.but = []string{own + "/driver"}
		}
		r.folder = own
		return r, true
	}
	for _, r := range rules {
		if dir == r.folder || under(dir, r.folder) && r.folder != "engine" {
			return r, true
		}
	}
	return rule{}, false
}

// impurePackages are those of the standard library that the pure folders do without, with what is inside them.
var impurePackages = []string{
	"net", "os", "syscall", "math/rand", "crypto/rand", "database/sql", "log", "plugin", "io/ioutil", "runtime/debug",
	"testing", "unsafe",
}

// pureParts are parts of those that do no I/O.
var pureParts = []string{"net/url", "net/netip", "net/mail", "net/textproto"}

// impureCalls are functions that read the clock or wait, by their package.
var impureCalls = map[string][]string{
	"time":    {"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
}

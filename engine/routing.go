package engine

import (
	"time"

	"kaskad/engine/scheme"
)

// Distribute is the behaviour of an operation that offers a dialog to operators.
type Distribute struct {
	Operators    []string
	Groups       []string
	All          bool
	LastOperator bool
	Mode         string // everyone, round_robin, least_busy, in_order
	Timeout      time.Duration
	Skills       []string
}

// Say is the behaviour of an automatic reply.
type Say struct{ Text scheme.Template }

// Menu is the behaviour of a question with options.
type Menu struct {
	Text    scheme.Template
	Options []Option
	Timeout time.Duration // 0: waits for ever
}

// Option is one answer of a menu.
type Option struct {
	ID   string
	Text string
}

// Retag is the behaviour of a block that changes a dialog's tags.
type Retag struct{ Add, Remove []string }

// Prioritise is the behaviour of a block that sets a dialog's priority, -10 to 10.
type Prioritise struct{ Level int }

// Hours is the behaviour of a block that asks whether it is working time: `open` or `closed`.
type Hours struct {
	Zone     *time.Location // nil: the account's
	Weekly   []scheme.Window
	Holidays []string // dates, YYYY-MM-DD, in the zone
}

// Close is the behaviour of a block that ends the dialog.
type Close struct{ Reason string }

func (*Distribute) behaviour() {}
func (*Say) behaviour()        {}
func (*Menu) behaviour()       {}
func (*Retag) behaviour()      {}
func (*Prioritise) behaviour() {}
func (*Hours) behaviour()      {}
func (*Close) behaviour()      {}

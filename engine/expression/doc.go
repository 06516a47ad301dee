// Package expression compiles the conditions, templates and values of a scheme: it is the implementation of
// scheme.Language with expr-lang, and the only place that knows expr-lang.
//
// # Two passes
//
// A source is parsed once. Its tree is first checked against the names and types of its scope, so that a wrong field
// or a condition that is no condition is found when the scheme is saved. Then it is rewritten and compiled: names
// become direct reads of scheme.Vars, member access becomes lenient (what is lacking is nil, however deep), and
// whatever costs more than constant time is metered.
//
// The tables that both passes need are built once for each scope and kept (see kit); a compilation costs 10-20 µs.
// What was compiled is not kept: whoever runs a scheme holds its compiled document.
//
// # Bounds
//
// expr-lang has no deadline, so work is counted. One evaluation (of a whole template, not of each expression in
// it) has MaxWork units. A unit is one byte or one element that an operation goes over:
//   - each pass of a predicate (filter, map, all ...) costs the size of its body, before the body runs;
//   - every operand of an operation that is not constant-time is weighed, deeply, before the operation runs;
//   - functions whose result can outgrow their arguments (replace, repeat, ranges) weigh the result first.
//
// Outside predicates a part of the program runs at most once, so operands read straight from Vars are not weighed
// there: a text read from Vars is at most MaxText bytes (a longer one is an error, for reply, message.text and
// contact fields it is cut). The work of one evaluation is therefore at most MaxWork plus the length of the source
// times MaxText, whatever the contact's data is.
package expression

// The bounds. Characters are Unicode code points, texts from Vars and results are in bytes.
const (
	MaxExpression = 4_000    // characters of one expression
	MaxTemplate   = 20_000   // characters of one template
	MaxNodes      = 1_500    // parts of one expression, counted as compiled (a chained comparison repeats its middle)
	MaxWork       = 1 << 18  // units of work in one evaluation
	MaxText       = 64 << 10 // bytes of one text read from Vars
	MaxOutput     = 256 << 10
	MaxDepth      = 64   // how deep lists and maps may be nested where they are gone through
	MaxRange      = 1000 // elements of a..b
	MaxPhrase     = 200  // characters of a phrase of says()
	maxPattern    = 1000 // instructions of a compiled regular expression
)

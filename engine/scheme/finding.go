package scheme

import "kaskad/engine/words"

// Severity tells whether a finding forbids publishing.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Code names a rule that a document breaks. The codes are part of the public contract.
type Code string

// Said is a short heading for findings of the code.
func (c Code) Said() words.Message { return words.Say("code." + string(c)) }

// Errors: they forbid publishing.
const (
	BadDocument      Code = "bad_document"
	EmptyScheme      Code = "empty_scheme"
	TooLarge         Code = "too_large"
	DuplicateID      Code = "duplicate_id"
	UnknownBlock     Code = "unknown_block"
	WrongKind        Code = "wrong_kind"
	DanglingLink     Code = "dangling_link"
	NoEntry          Code = "no_entry"
	SeveralEntries   Code = "several_entries"
	Cycle            Code = "cycle"
	LoopWithoutWait  Code = "loop_without_wait"
	LinkNotAvailable Code = "link_not_available"
	DuplicateLink    Code = "duplicate_link"
	BadExpression    Code = "bad_expression"
	BadTemplate      Code = "bad_template"
	BadDuration      Code = "bad_duration"
	BadWeights       Code = "bad_weights"
	BadConfig        Code = "bad_config"
)

// Warnings: the author should look, and may publish.
const (
	UnreachableBlock  Code = "unreachable_block"
	NoGoal            Code = "no_goal"
	UnlinkedOutcome   Code = "unlinked_outcome"
	ClickWithoutLink  Code = "click_without_link"
	UnmatchableReply  Code = "unmatchable_reply"
	RedialCutShort    Code = "redial_cut_short"
	TimeToLiveClipped Code = "time_to_live_clipped"
	MissedChats       Code = "missed_chats"
	LoopNeverOffers   Code = "loop_never_offers"
)

// Finding is one mistake in a document, or one thing to look at. Field is a JSON pointer (RFC 6901) from the
// document's root. Message is Text in English.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Node     string   `json:"node,omitempty"`
	Link     string   `json:"link,omitempty"`
	Nodes    []string `json:"nodes,omitempty"`
	Field    string   `json:"field,omitempty"`
	Value    string   `json:"value,omitempty"`
	Message  string   `json:"message,omitempty"`
	// Text is the message in no language yet.
	Text words.Message `json:"-"`
}

// In gives the finding with its message in a language. It is the same finding otherwise, and the same JSON.
func (f Finding) In(l words.Language) Finding {
	f.Message = f.Text.In(l)
	return f
}

// In gives findings with their messages in a language. The list itself stays as it is.
func In(l words.Language, findings []Finding) []Finding {
	out := make([]Finding, len(findings))
	for i := range findings {
		out[i] = findings[i].In(l)
	}
	return out
}

// HasErrors reports whether any of the findings forbids publishing.
func HasErrors(findings []Finding) bool {
	for i := range findings {
		if findings[i].Severity == Error {
			return true
		}
	}
	return false
}

package library

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// The bounds of what is kept.
const (
	MaxName  = 200 // characters of a name
	MaxNote  = 1000
	MaxTags  = 50
	MaxTag   = 64
	MaxTests = 100 // of a scheme
)

// Author is who did something, with the name of that time. Both ids are absent where nobody was asked, as at the start.
type Author struct {
	User  ids.ID `json:"user,omitempty" doc:"The user."`
	Token ids.ID `json:"token,omitempty" doc:"The API token, where one was used."`
	Name  string `json:"name" doc:"The name of the user or token at that time."`
}

// Scheme is a scheme without its document.
type Scheme struct {
	ID         ids.ID      `json:"id"`
	Kind       scheme.Kind `json:"kind" enum:"cascade,routing" doc:"What the scheme is for. It never changes."`
	Name       string      `json:"name" doc:"As the draft says, at most 200 characters of it; empty where the draft has none."`
	Tags       []string    `json:"tags" nullable:"false"`
	Revision   int64       `json:"revision" doc:"Of the draft. It goes up with every change and is the ETag of the draft."`
	DraftBy    Author      `json:"draft_by" doc:"Who changed the draft last."`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at" doc:"When the draft was changed last."`
	ArchivedAt *time.Time  `json:"archived_at,omitempty" doc:"Absent where the scheme is not archived."`
	Published  *Published  `json:"published,omitempty" doc:"The latest version; absent where there is none."`
}

// Published is a scheme's latest version.
type Published struct {
	Version ids.ID    `json:"version"`
	Number  int       `json:"number" doc:"Of the version within its scheme, from 1."`
	At      time.Time `json:"at"`
	Changed bool      `json:"changed" doc:"The draft was changed since."`
}

// Editable tells whether the scheme may be changed, published, or used by a new campaign.
func (s *Scheme) Editable() error {
	if s.ArchivedAt != nil {
		return fault.New(fault.Conflict, "scheme_archived", "", "name", s.Name)
	}
	return nil
}

// maxNames bounds the names in a fault.
const maxNames = 5

// Archivable tells whether the scheme may be archived: not while campaigns, of these names, go on to repeat it.
func (s *Scheme) Archivable(repeated []string) error {
	if len(repeated) == 0 {
		return nil
	}
	names := strings.Join(repeated[:min(len(repeated), maxNames)], "; ")
	if len(repeated) > maxNames {
		names += "; …"
	}
	return fault.New(fault.Conflict, "scheme_repeated", "", "name", s.Name, "count", len(repeated), "names", names)
}

// Deletable tells whether the scheme may be deleted: it was archived before, which can be undone, and was never
// published, since versions are kept for ever.
func (s *Scheme) Deletable() error {
	if s.Published != nil {
		return fault.New(fault.Conflict, "scheme_published", "", "name", s.Name)
	}
	if s.ArchivedAt == nil {
		return fault.New(fault.Conflict, "scheme_not_archived", "", "name", s.Name)
	}
	return nil
}

// Cause is what made a revision of a draft.
type Cause string

// The causes.
const (
	Created  Cause = "created"
	Saved    Cause = "saved"
	Restored Cause = "restored"
)

// Revision is a draft as it was, without its document.
type Revision struct {
	Revision int64     `json:"revision"`
	Cause    Cause     `json:"cause" enum:"created,saved,restored"`
	Name     string    `json:"name"`
	By       Author    `json:"by"`
	SavedAt  time.Time `json:"saved_at"`
	Size     int       `json:"size" doc:"Of the document, in bytes."`
}

// Draft is a revision with its document.
type Draft struct {
	Revision
	Scheme   ids.ID          `json:"scheme"`
	Document json.RawMessage `json:"document" doc:"As it was saved. It may be half drawn."`
}

// Version is a published document without the document. It never changes.
type Version struct {
	ID          ids.ID      `json:"id"`
	Scheme      ids.ID      `json:"scheme,omitempty" doc:"Absent for one that was published from a file."`
	Kind        scheme.Kind `json:"kind" enum:"cascade,routing"`
	Number      int         `json:"number,omitempty" doc:"Within its scheme, from 1."`
	Name        string      `json:"name"`
	Note        string      `json:"note,omitempty"`
	By          Author      `json:"by"`
	PublishedAt time.Time   `json:"published_at"`
	Campaigns   int         `json:"campaigns" doc:"How many campaigns use it, in whatever state."`
}

// Edition is a version with its document.
type Edition struct {
	Version
	Document json.RawMessage `json:"document"`
}

// Query asks for a list of schemes.
type Query struct {
	Name     string      `query:"name" maxLength:"200" doc:"A part of the name, in whatever letters."`
	Kind     scheme.Kind `query:"kind" enum:"cascade,routing"`
	Archived bool        `query:"archived" doc:"true: only archived ones; otherwise only those that are not."`
	Tag      string      `query:"tag" maxLength:"64" doc:"Only schemes that have this tag."`
	Sort     Order       `query:"sort" enum:"-updated,updated,name,-name" default:"-updated" doc:"- is downwards."`
}

// Order is how a list of schemes is sorted.
type Order string

// The orders.
const (
	NewestFirst Order = "-updated"
	OldestFirst Order = "updated"
	ByName      Order = "name"
	ByNameDown  Order = "-name"
)

// CleanTags trims tags, drops what comes twice, and refuses what is too much.
func CleanTags(tags []string) ([]string, error) {
	out := make([]string, 0, len(tags))
	for _, tag := range tags {
		if tag = strings.TrimSpace(tag); tag == "" || slices.Contains(out, tag) {
			continue
		}
		if err := checkText(tag, "body.tags", MaxTag); err != nil {
			return nil, err
		}
		out = append(out, tag)
	}
	if len(out) > MaxTags {
		return nil, fault.New(fault.Invalid, "too_many_tags", "body.tags", "max", MaxTags)
	}
	return out, nil
}

// CleanNote trims the note of a version.
func CleanNote(note string) (string, error) {
	note = strings.TrimSpace(note)
	return note, checkText(note, "body.note", MaxNote)
}

// checkText refuses what is too long or cannot be stored.
func checkText(s, field string, most int) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fault.New(fault.Invalid, "text_unreadable", field)
	}
	if utf8.RuneCountInString(s) > most {
		return fault.New(fault.Invalid, "text_too_long", field, "max", most)
	}
	return nil
}

// Unchanged names the version that a draft is the same as, where it is published again.
type Unchanged struct {
	Version ids.ID `json:"version"`
	Number  int    `json:"number"`
}

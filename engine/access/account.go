package access

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// Account is a customer with what holds for all that is done in it.
type Account struct {
	ID        ids.ID         `json:"id"`
	Name      string         `json:"name"`
	Zone      string         `json:"zone" doc:"The time zone of contacts whose own is not known, such as Europe/Moscow."`
	Country   string         `json:"country" doc:"The country of phone numbers that do not say theirs, ISO 3166: RU."`
	Language  string         `json:"language" enum:"ru,en" doc:"The language of what the account is told."`
	StopWords []string       `json:"stop_words" doc:"Replies that unsubscribe; null: the usual ones."`
	Window    *scheme.Window `json:"window,omitempty" doc:"The sending window of campaigns that have none of their own; absent: any hour."`
	CapDay    *int           `json:"cap_day,omitempty" doc:"How many campaigns a contact may enter in one of its local days; absent: any number."`
	CapWeek   *int           `json:"cap_week,omitempty" doc:"The same for a week."`
	Created   time.Time      `json:"created_at"`
}

// Standing is an account with what a user is in it.
type Standing struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
}

// The bounds of an account's settings.
const (
	MaxCap       = 1000
	maxStopWords = 100
	maxStopWord  = 50
)

// Check finds what is wrong with the settings and brings texts into the form that they are kept in.
func (a *Account) Check() error {
	var all []*fault.Error
	note := func(err error) {
		if f := (*fault.Error)(nil); errors.As(err, &f) {
			all = append(all, f)
		}
	}
	name, err := Name(a.Name, "body.name")
	note(err)
	a.Name = name
	note(CheckZone(a.Zone, "body.zone"))
	note(CheckLanguage(a.Language, "body.language"))
	if phonenumbers.GetCountryCodeForRegion(a.Country) == 0 { // it is there to read phones by
		note(fault.New(fault.Invalid, "bad_country", "body.country", "value", a.Country))
	}
	for field, n := range map[string]*int{"body.cap_day": a.CapDay, "body.cap_week": a.CapWeek} {
		if n != nil && (*n < 1 || *n > MaxCap) {
			note(fault.New(fault.Invalid, "bad_cap", field, "max", MaxCap))
		}
	}
	note(a.checkStopWords())
	note(a.checkWindow())
	if len(all) == 0 {
		return nil
	}
	all[0].More = all[1:]
	return all[0]
}

func (a *Account) checkStopWords() error {
	for i, w := range a.StopWords {
		w = strings.ToLower(strings.TrimSpace(w))
		if w == "" || utf8.RuneCountInString(w) > maxStopWord || len(strings.Fields(w)) > 1 {
			return fault.New(fault.Invalid, "bad_stop_word", "body.stop_words", "max", maxStopWord)
		}
		a.StopWords[i] = w
	}
	if len(a.StopWords) > maxStopWords {
		return fault.New(fault.Invalid, "many_stop_words", "body.stop_words", "max", maxStopWords)
	}
	if a.StopWords != nil {
		slices.Sort(a.StopWords)
		a.StopWords = slices.Compact(a.StopWords)
	}
	return nil
}

func (a *Account) checkWindow() error {
	if a.Window == nil {
		return nil
	}
	w := a.Window
	if w.Zone != scheme.ZoneRecipient && w.Zone != scheme.ZoneSender {
		if err := CheckZone(w.Zone, "body.window.zone"); err != nil {
			return err
		}
	}
	if w.Days == 0 {
		return fault.New(fault.Invalid, "window_no_days", "body.window.days")
	}
	return nil
}

// Entry is a line of the log of what was done.
type Entry struct {
	ID       ids.ID          `json:"id"`
	At       time.Time       `json:"at"`
	User     ids.ID          `json:"user,omitzero" doc:"Who did it; absent: a token, or the system."`
	Token    ids.ID          `json:"token,omitzero" doc:"The token by which it was done."`
	Name     string          `json:"name" doc:"The user or token, as it was called then."`
	IP       string          `json:"ip" doc:"Where the request came from; empty: the system itself."`
	What     string          `json:"what" doc:"What was done, such as campaign.paused."`
	Object   string          `json:"object" doc:"The kind of thing it was done to, such as campaign."`
	ObjectID ids.ID          `json:"object_id,omitzero" doc:"Which one; absent: the account."`
	Change   json.RawMessage `json:"change,omitempty" doc:"What changed."`
}

// Search is what of the log is wanted; what is not said matches everything.
type Search struct {
	Words    string    `query:"q" maxLength:"4000" doc:"Only what has words in it that begin with each of these, case aside: the name of whoever did it, the address it came from, what was done and to which, and the change. A word may be several between bars, any of which will do: pause|campaign.paused."`
	User     ids.ID    `query:"user" doc:"Only what this user did."`
	Token    ids.ID    `query:"token" doc:"Only what was done by this token."`
	What     string    `query:"what" maxLength:"60" doc:"Only this, or what begins with it and a dot: campaign finds campaign.paused."`
	Object   string    `query:"object" maxLength:"60" doc:"Only what was done to things of this kind."`
	ObjectID ids.ID    `query:"object_id" doc:"Only what was done to this one; object is needed too."`
	Since    time.Time `query:"since" doc:"From this instant on."`
	Until    time.Time `query:"until" doc:"Before this instant."`
}

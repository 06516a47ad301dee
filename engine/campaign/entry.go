package campaign

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// The bounds of what is entered into an open campaign at once.
const (
	MaxEntrants = 5_000
	maxData     = 16 << 10 // bytes of JSON
	maxDepth    = 8        // objects and lists within each other
	maxKey      = 128
)

// KeyFor is for how long a key of an entry is remembered, from its first use on.
const KeyFor = 7 * 24 * time.Hour

// Entrant is somebody who is to enter an open campaign: a contact by its id, or a person as the sender knows it.
type Entrant struct {
	Contact    ids.ID            `json:"contact,omitempty" doc:"A contact of the account. Without it the contact is found by its phone, else its e-mail, else an address, and made where there is none."`
	Phone      string            `json:"phone,omitempty" maxLength:"64" doc:"As people write it; a number without a calling code belongs to the account's country."`
	Email      string            `json:"email,omitempty" maxLength:"254"`
	Name       string            `json:"name,omitempty" maxLength:"200"`
	Zone       string            `json:"zone,omitempty" maxLength:"64" doc:"An IANA name such as Asia/Omsk."`
	Attributes map[string]any    `json:"attributes,omitempty" doc:"Attributes of the contact, kept with it. What belongs to this entry alone goes into data."`
	Addresses  map[string]string `json:"addresses,omitempty" doc:"By channel: an id or page for vk and ok, a phone for whatsapp and viber."`
	Data       json.RawMessage   `json:"data,omitempty" doc:"What templates and conditions know as data, of this entry alone: an object of at most 16 KiB and eight levels."`
	Key        string            `json:"key,omitempty" maxLength:"128" doc:"A name for this entry, such as the order's number. Who comes with the same key again within seven days does not enter twice, but is answered as the first time."`
	StartAt    *time.Time        `json:"start_at,omitempty" doc:"When the walk begins; at once where it is absent or has passed."`
}

// Person tells whether the entrant is described rather than named by the contact's id.
func (e *Entrant) Person() bool {
	return e.Phone != "" || e.Email != "" || e.Name != "" || e.Zone != "" || len(e.Attributes) > 0 || len(e.Addresses) > 0
}

// CheckEntrants holds a list against the rules that need no look at the account. The faults name the fields.
func CheckEntrants(list []Entrant, now time.Time) error {
	if len(list) == 0 {
		return fault.New(fault.Invalid, "entries_none", "body.recipients", "max", MaxEntrants)
	}
	if len(list) > MaxEntrants {
		return fault.New(fault.TooLarge, "entries_many", "body.recipients", "max", MaxEntrants)
	}
	c := &checks{now: now}
	for i := range list {
		e := &list[i]
		field := "recipients[" + strconv.Itoa(i) + "]"
		switch {
		case e.Contact != 0 && e.Person():
			c.wrong("entry_both", field+".contact")
		case e.Contact == 0 && e.Phone == "" && e.Email == "" && len(e.Addresses) == 0:
			c.wrong("entry_nobody", field)
		}
		if len(e.Key) > maxKey {
			c.wrong("entry_key", field+".key", "max", maxKey)
		}
		if e.StartAt != nil && e.StartAt.After(now.Add(maxSpan)) {
			c.wrong("entry_start", field+".start_at", "max", "366d")
		}
		if !goodData(e.Data) {
			c.wrong("entry_data", field+".data", "max", maxData, "depth", maxDepth)
		}
	}
	return c.err()
}

// goodData tells whether data is an object within the bounds, or absent.
func goodData(data json.RawMessage) bool {
	if len(data) == 0 || string(data) == "null" {
		return true
	}
	var object map[string]any
	return len(data) <= maxData && utf8.Valid(data) && json.Unmarshal(data, &object) == nil && shallow(object, maxDepth)
}

// shallow tells whether objects and lists are no deeper within each other than so many levels.
func shallow(v any, levels int) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			if levels == 0 || !shallow(inner, levels-1) {
				return false
			}
		}
		return levels > 0
	case []any:
		for _, inner := range v {
			if levels == 0 || !shallow(inner, levels-1) {
				return false
			}
		}
		return levels > 0
	}
	return true
}

// EntryData is an entry's data as it is kept: compact, nil where there is none.
func (e *Entrant) EntryData() []byte {
	if len(e.Data) == 0 || string(e.Data) == "null" {
		return nil
	}
	var b bytes.Buffer
	if json.Compact(&b, e.Data) != nil {
		return nil
	}
	return b.Bytes()
}

// Entered is what came of one.
type Entered struct {
	Recipient *int64 `json:"recipient,omitempty" doc:"The recipient's number in the campaign; absent where nobody entered."`
	Contact   ids.ID `json:"contact,omitempty" doc:"The contact that entered or would have."`
	Refused   string `json:"refused,omitempty" doc:"Why nobody entered. already_in: it entered before and the campaign lets nobody in again, or not before the walk has ended. too_soon: the pause since its last entry has not passed. start_past_end: the campaign ends before the start. limit: the campaign has as many recipients as it takes. no_address, stopped, stopped_channel, no_consent: as at a launch. contact_not_found: there is no such contact. Or a mistake in what describes the person, as where a contact is made: contact_empty (nothing says who is meant), contact_text_long; of a phone phone_no_phone, phone_not_a_number, phone_too_short, phone_too_long, phone_unknown_country, phone_not_valid, phone_spreadsheet_number (a spreadsheet rounded it); contact_bad_email; bad_contact_zone; of addresses bad_channel, bad_address, too_many_addresses; of attributes bad_attribute_key, attribute_text, attribute_number, attribute_date, attribute_boolean, attribute_choice, too_many_attributes."`
	Field     string `json:"field,omitempty" doc:"The field that is mistaken, such as phone."`
	Repeated  bool   `json:"repeated,omitempty" doc:"The key was used before: this is what came of it then."`
}

// EntryResult is what came of a list, in its order.
type EntryResult struct {
	Entered    int       `json:"entered" doc:"How many entered now."`
	Repeated   int       `json:"repeated" doc:"How many came with a key that was used before."`
	Refused    int       `json:"refused" doc:"How many did not enter."`
	Recipients []Entered `json:"recipients" nullable:"false" doc:"What came of each, in the order of the request."`
}

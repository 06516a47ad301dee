package audience

import (
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Group is a list of contacts that people keep.
type Group struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	Size      int64     `json:"size" doc:"How many contacts are in it."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	DeletedAt *time.Time `json:"deleted_at,omitempty" doc:"When it was deleted; such groups can be restored for 30 days."`
	DeletedBy string     `json:"deleted_by,omitempty"`
	Until     *time.Time `json:"until,omitempty" doc:"When a deleted group goes for good."`
}

// MaxGroup bounds the name of a group, in characters.
const MaxGroup = 100

// GroupName normalises the name of a group.
func GroupName(name string) (string, error) {
	name = strings.Join(strings.Fields(clean(name)), " ")
	if name == "" || utf8.RuneCountInString(name) > MaxGroup {
		return "", fault.New(fault.Invalid, "bad_group_name", "body.name", "max", MaxGroup)
	}
	return name, nil
}

// Selection says whom: the contacts of any of the groups (of all contacts where there is no group) for whom the filter
// is true, without those who are in one of MinusGroups.
type Selection struct {
	Groups      []ids.ID `json:"groups,omitempty" maxItems:"100" doc:"Contacts of any of these groups; none: all contacts."`
	Filter      string   `json:"filter,omitempty" maxLength:"4000" doc:"Only contacts for whom this is true, such as \"vip\" in tags && attributes.city == \"Казань\"."`
	MinusGroups []ids.ID `json:"minus_groups,omitempty" maxItems:"100" doc:"Without the contacts of these groups."`
}

// Consent is what a contact agreed to.
type Consent struct {
	ID          ids.ID     `json:"id"`
	Channel     string     `json:"channel" doc:"The channel that it is for, such as sms."`
	Text        string     `json:"text" doc:"The words that the contact agreed to."`
	Source      string     `json:"source" doc:"Where: a page's address, a shop, a call."`
	GivenAt     time.Time  `json:"given_at"`
	RecordedAt  time.Time  `json:"recorded_at" doc:"When it was written down here."`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty" doc:"Who or what withdrew it."`
	Valid       bool       `json:"valid"`
}

// Agreement is a consent to be written down.
type Agreement struct {
	Channel string     `json:"channel" minLength:"1" maxLength:"32" doc:"The channel that it is for: sms, viber, voice, vk, ok, whatsapp."`
	Text    string     `json:"text" minLength:"1" maxLength:"10000" doc:"The words that the contact agreed to."`
	Source  string     `json:"source" minLength:"1" maxLength:"500" doc:"Where: a page's address, a shop, a call."`
	GivenAt *time.Time `json:"given_at,omitempty" doc:"When; now where nothing is said. Not in the future."`
}

// Check says what is wrong with an agreement.
func (a *Agreement) Check(now time.Time) error {
	k := checker{}
	if !channelForm.MatchString(a.Channel) {
		k.wrong("bad_channel", "channel")
	}
	if a.Text = strings.TrimSpace(a.Text); a.Text == "" {
		k.wrong("consent_text", "text")
	}
	if a.Source = clean(a.Source); a.Source == "" {
		k.wrong("consent_source", "source")
	}
	switch {
	case a.GivenAt == nil:
		a.GivenAt = &now
	case a.GivenAt.After(now.Add(time.Minute)) || a.GivenAt.Year() < 1990:
		k.wrong("consent_instant", "given_at")
	}
	return k.err()
}

// Stop is an entry of the stop list: nothing is sent to its address.
type Stop struct {
	ID        ids.ID     `json:"id"`
	Address   string     `json:"address" doc:"A phone in E.164, or an address in the channel."`
	Channel   string     `json:"channel" doc:"The channel that is stopped; empty: all of them."`
	Reason    string     `json:"reason" doc:"Why: unsubscribed, spam, or what was written when it was added by hand."`
	Source    string     `json:"source" doc:"Where it came from: of what was added by itself the campaign and the block."`
	AddedBy   string     `json:"added_by" doc:"Who added it; empty: it was added by itself."`
	CreatedAt time.Time  `json:"created_at"`
	RemovedAt *time.Time `json:"removed_at,omitempty" doc:"When it was taken off; such entries can be restored for 30 days."`
	RemovedBy string     `json:"removed_by,omitempty"`
	Because   string     `json:"removed_because,omitempty" doc:"Why it was taken off."`
}

// StopEntry is an entry to be added.
type StopEntry struct {
	Address string // as people write it
	Channel string // empty: all channels
	Reason  string
	Source  string
}

// MaxReason bounds the reason and the source of an entry, in characters.
const MaxReason = 500

// Normalise writes an entry as it is compared: a phone in E.164, for channels without phones the channel's own form. The
// code is empty where it is good.
func (e *StopEntry) Normalise(country string) (code string) {
	if e.Channel != "" && !channelForm.MatchString(e.Channel) {
		return "bad_channel"
	}
	address := clean(e.Address)
	phone, why := NormalisePhone(address, country)
	switch {
	case e.Channel == "vk" || e.Channel == "ok":
		id, ok := parseAddress(e.Channel, address, country)
		if !ok {
			return "bad_address"
		}
		e.Address = id
	case why == "":
		e.Address = phone
	case e.Channel == "":
		// For all channels: also an address that is no phone, as the contact has it.
		email, isEmail := parseEmail(address)
		id, ok := parseAddress("vk", address, country)
		switch {
		case isEmail:
			e.Address = email
		case ok && strings.ContainsAny(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"):
			e.Address = id
		default:
			return "phone_" + string(why)
		}
	default:
		return "phone_" + string(why)
	}
	e.Reason, e.Source = bounded(clean(e.Reason), MaxReason), bounded(clean(e.Source), MaxReason)
	return ""
}

func bounded(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}

// PlanInfo tells of the numbering plan that an account has.
type PlanInfo struct {
	Name     string    `json:"name" doc:"The file's name, as it was given."`
	LoadedAt time.Time `json:"loaded_at"`
	LoadedBy string    `json:"loaded_by"`
	Rows     int       `json:"rows" doc:"Rows of the file."`
	Zoned    int       `json:"zoned" doc:"Rows whose region has one time zone."`
	Ranges   int       `json:"ranges" doc:"Ranges kept: adjoining ones of one zone are one."`
	Unknown  []string  `json:"unknown_regions" nullable:"false" doc:"Regions whose time zone is not known, at most 100; their numbers stay unknown."`
}

package audience

import (
	"time"

	"kaskad/engine/ids"
)

// MaxIDs bounds a list of ids, contacts or addresses, in one call.
const MaxIDs = 5_000

// Query chooses contacts of a list.
type Query struct {
	Search string `query:"q" maxLength:"200" doc:"Words of the name, the e-mail address or an address in a channel, each from its beginning; or the beginning or the end of a phone."`
	Filter string `query:"filter" maxLength:"4000" doc:"Only contacts for whom this is true, such as \"vip\" in tags && attributes.city == \"Казань\"."`
	Group  ids.ID `query:"group" doc:"Only contacts of this group."`
	Sort   string `query:"sort" enum:"name,-name,created_at,-created_at,updated_at,-updated_at" default:"-created_at" doc:"By what; with - the last first."`
}

// Deleted is a contact that can be had back.
type Deleted struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	Phone     string    `json:"phone"`
	Email     string    `json:"email"`
	DeletedAt time.Time `json:"deleted_at"`
	DeletedBy string    `json:"deleted_by"`
	Until     time.Time `json:"until" doc:"When it is deleted for good."`
}

// StopQuery chooses entries of the stop list.
type StopQuery struct {
	Search  string `query:"q" maxLength:"200" doc:"The beginning or the end of a phone, or the beginning of another address."`
	Channel string `query:"channel" maxLength:"32" doc:"Only entries of this channel; all: only those for all channels."`
	Reason  string `query:"reason" maxLength:"500" doc:"Only entries whose reason begins so, case aside."`
	Source  string `query:"source" maxLength:"500" doc:"Only entries whose source has this in it, case aside: a campaign's name, a file's."`
	Sort    string `query:"sort" enum:"created_at,-created_at,address,-address" default:"-created_at" doc:"By what; with - the last first. Of those that were taken off, created_at is when that was."`
	Removed bool   `query:"removed" doc:"Those that were taken off in the last 30 days, instead of those that are on it."`
}

// StopsAdded is what came of adding.
type StopsAdded struct {
	Added   []ids.ID      `json:"added" nullable:"false" doc:"The entries that are new."`
	Already int           `json:"already" doc:"Addresses that were on the list for the channel."`
	Refused []StopRefused `json:"refused" nullable:"false" doc:"Addresses that are none."`
}

// StopRefused is an address that was not taken.
type StopRefused struct {
	Index   int    `json:"index" doc:"Its place in the list, from 0."`
	Address string `json:"address"`
	Code    string `json:"code" doc:"Why: bad_channel, bad_address; of a phone phone_no_phone, phone_not_a_number, phone_too_short, phone_too_long, phone_unknown_country, phone_not_valid, phone_spreadsheet_number."`
	Message string `json:"message"`
}

// Fill says what such a task does: it puts the contacts of a selection into a group, or takes them out of it.
type Fill struct {
	Group     ids.ID    `json:"group"`
	Selection Selection `json:"selection"`
	Remove    bool      `json:"remove"`
}

// Filled is what came of it.
type Filled struct {
	Selected int64 `json:"selected" doc:"Contacts that were chosen."`
	Changed  int64 `json:"changed" doc:"Of those, the ones that were not in the group before, or were taken out."`
}

// Merging says which contacts become one.
type Merging struct {
	Keep ids.ID   `json:"keep" doc:"The contact that stays."`
	Drop []ids.ID `json:"drop" minItems:"1" maxItems:"20" doc:"The contacts that go into it and are no more."`
	Rule string   `json:"rule,omitempty" enum:"keep,newest" default:"keep" doc:"Whose values win: keep: those of the contact that stays, what it lacks comes from the others; newest: of each value that of the contact changed last. Tags, groups and consents are put together either way."`
}

// Doubles are contacts that look like one person.
type Doubles struct {
	By       string    `json:"by" enum:"name,email,address" doc:"What they share."`
	Value    string    `json:"value" doc:"The name, the e-mail address or the address."`
	Count    int64     `json:"count" doc:"How many share it."`
	Contacts []Contact `json:"contacts" nullable:"false" doc:"At most 20 of them, the oldest first."`
}

// Erased is what was erased of a person.
type Erased struct {
	Messages int64 `json:"messages" doc:"Messages whose address and text are gone."`
	Replies  int64 `json:"replies" doc:"Replies and other words of the person that are gone."`
	Consents int64 `json:"consents"`
	Stops    int64 `json:"stops" doc:"Entries of the stop list that stay, with nothing but the address, so that the refusal is kept to."`
}

// ImportQuery chooses imports of a list.
type ImportQuery struct {
	Kind   Purpose `query:"kind" enum:"contacts,stop_list,members" doc:"Only imports of this kind."`
	State  string  `query:"state" enum:"draft,started" doc:"Only those that were not started yet, or those that were."`
	Search string  `query:"q" maxLength:"200" doc:"Only imports in whose file's name, or in the name of who uploaded it, each of these words is, case aside."`
	Sort   string  `query:"sort" enum:"created_at,-created_at" default:"-created_at" doc:"By when they were uploaded; with - the newest first."`
}

// GroupQuery chooses groups of a list.
type GroupQuery struct {
	Search  string `query:"q" maxLength:"100" doc:"Only groups whose name has this in it, case aside."`
	Deleted bool   `query:"deleted" doc:"Those that were deleted in the last 30 days, the last deleted first, instead of those that are there."`
}

// DeletedQuery chooses deleted contacts of a list.
type DeletedQuery struct {
	Search string `query:"q" maxLength:"200" doc:"Only contacts in whose name, phone or e-mail address each of these words is, case aside."`
}

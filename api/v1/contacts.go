package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// Contacts keeps people.
type Contacts interface {
	List(ctx context.Context, account ids.ID, q audience.Query, page paging.Request) (paging.Page[audience.Contact], error)
	Count(ctx context.Context, account ids.ID, q audience.Query) (int64, error)
	Get(ctx context.Context, account, id ids.ID) (audience.Contact, error)
	Create(ctx context.Context, actor access.Actor, d audience.NewContact) (audience.Contact, error)
	Change(ctx context.Context, actor access.Actor, id ids.ID, ch audience.Change) (audience.Contact, error)
	DeleteOne(ctx context.Context, actor access.Actor, id ids.ID) error
	Delete(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error)
	Restore(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error)
	DeletedList(ctx context.Context, account ids.ID, q audience.DeletedQuery, page paging.Request) (paging.Page[audience.Deleted], error)
	DoublesList(ctx context.Context, account ids.ID, by, search string, page paging.Request) (paging.Page[audience.Doubles], error)
	Merge(ctx context.Context, actor access.Actor, m audience.Merging) (audience.Contact, error)
	Erase(ctx context.Context, actor access.Actor, id ids.ID) (audience.Erased, error)
}

const contactsTag = "Contacts"

// ContactPath names a contact in a path.
type ContactPath struct {
	Contact ids.ID `path:"contact" doc:"The contact's id."`
}

// IDList is a body with ids.
type IDList struct {
	Body struct {
		IDs []ids.ID `json:"ids" nullable:"false" minItems:"1" maxItems:"5000" doc:"At most 5,000 ids."`
	}
}

// Changed tells which of many were changed.
type Changed struct {
	IDs []ids.ID `json:"ids" nullable:"false" doc:"Those that were changed; the others were passed over."`
}

func (a *API) registerContacts() {
	read, write := access.ReadContacts, access.WriteContacts
	handle(a, operation{id: "list-contacts", method: http.MethodGet, path: "/contacts", tag: contactsTag, scope: read,
		summary: "List and search contacts",
		description: "A page of the contacts that a search, a filter and a group choose. The first page tells how many there are " +
			"in all, up to 10,000; GET /contacts/count counts further. A filter is an expression over name, phone, email, zone, " +
			"source, tags, groups, attributes.<key>, addresses.<channel>, consents.<channel>, created_at and updated_at, such as " +
			"\"vip\" in tags && attributes.city == \"Казань\" && email != \"\"."}, a.listContacts)
	handle(a, operation{id: "count-contacts", method: http.MethodGet, path: "/contacts/count", tag: contactsTag, scope: read,
		summary: "Count contacts", description: "How many contacts a search, a filter and a group choose, exactly."}, a.countContacts)
	handle(a, operation{id: "create-contact", method: http.MethodPost, path: "/contacts", tag: contactsTag, scope: write,
		creates: true, status: http.StatusCreated, summary: "Create a contact",
		description: "Makes a contact with a name, a phone, an e-mail address or an address in a channel, one at least. The phone " +
			"belongs to one contact of the account: where another has it, the answer is 409 and names that one."}, a.createContact)
	handle(a, operation{id: "get-contact", method: http.MethodGet, path: "/contacts/{contact}", tag: contactsTag, scope: read,
		summary: "Show a contact", description: "A contact with its groups, and the time zone that messages to it go by."}, a.getContact)
	handle(a, operation{id: "change-contact", method: http.MethodPatch, path: "/contacts/{contact}", tag: contactsTag, scope: write,
		summary: "Change a contact", description: "Changes the fields that are sent and leaves the others; null clears. Of attributes " +
			"and addresses the keys that are sent are changed, and null removes one."}, a.changeContact)
	handle(a, operation{id: "delete-contact", method: http.MethodDelete, path: "/contacts/{contact}", tag: contactsTag, scope: write,
		status: http.StatusNoContent, summary: "Delete a contact",
		description: "Its open walks are interrupted. It can be restored for 30 days."}, a.deleteContact)
	a.registerManyContacts()
}

// registerManyContacts adds what is done with several contacts, or for good.
func (a *API) registerManyContacts() {
	read, write := access.ReadContacts, access.WriteContacts
	handle(a, operation{id: "delete-contacts", method: http.MethodPost, path: "/contacts/delete", tag: contactsTag, scope: write,
		maxBody: largeBody, summary: "Delete contacts", description: "Deletes up to 5,000 contacts by their ids. Their open walks are " +
			"interrupted. They can be restored for 30 days: with POST /contacts/restore and the same ids."}, a.deleteContacts)
	handle(a, operation{id: "restore-contacts", method: http.MethodPost, path: "/contacts/restore", tag: contactsTag, scope: write,
		maxBody: largeBody, summary: "Restore deleted contacts", description: "Undoes deletions of the last 30 days, groups included. " +
			"Contacts whose phone another one has by now are passed over. Walks that were interrupted stay so."}, a.restoreContacts)
	handle(a, operation{id: "list-deleted-contacts", method: http.MethodGet, path: "/contacts/deleted", tag: contactsTag, scope: read,
		summary: "List deleted contacts", description: "Contacts that can be restored, the last deleted first."}, a.deletedContacts)
	handle(a, operation{id: "list-doubles", method: http.MethodGet, path: "/contacts/doubles", tag: contactsTag, scope: read,
		summary: "Find doubles", description: "Contacts that look like one person: with the same e-mail address, the same address in a " +
			"channel (or one's phone as the other's address), or the same name of two words or more."}, a.doubles)
	handle(a, operation{id: "merge-contacts", method: http.MethodPost, path: "/contacts/merge", tag: contactsTag, scope: write,
		summary: "Merge contacts", description: "Makes one contact of several. Open walks, groups and consents go with it, and whoever " +
			"refused at one of the addresses has refused at those that are left. It cannot be undone; the ids that are no more " +
			"answer 404 with the id of the contact that stayed."}, a.mergeContacts)
	handle(a, operation{id: "erase-contact", method: http.MethodPost, path: "/contacts/{contact}/erase", tag: contactsTag, scope: write,
		summary: "Erase a person", description: "Erases a person on request, a deleted contact too: the contact, the addresses and texts " +
			"of all messages, replies, consents, memberships. Figures stay. Entries of the stop list stay with nothing but the " +
			"address, because the refusal could not be kept to without it. Files of imports and exports are deleted a week after " +
			"they were made. It cannot be undone, and confirm has to be true."}, a.eraseContact)
}

func (a *API) listContacts(ctx context.Context, who *access.Principal, in *struct {
	audience.Query
	paging.Request
}) (*got[paging.Page[audience.Contact]], error) {
	p, err := a.Contacts.List(ctx, who.Account, in.Query, in.Request)
	return &got[paging.Page[audience.Contact]]{p}, err
}

// Counted is a number.
type Counted struct {
	Count int64 `json:"count"`
}

func (a *API) countContacts(ctx context.Context, who *access.Principal, in *audience.Query) (*got[Counted], error) {
	n, err := a.Contacts.Count(ctx, who.Account, *in)
	return &got[Counted]{Counted{n}}, err
}

func (a *API) createContact(ctx context.Context, who *access.Principal, in *struct{ Body audience.NewContact }) (*got[audience.Contact], error) {
	c, err := a.Contacts.Create(ctx, who.Actor, in.Body)
	return &got[audience.Contact]{c}, err
}

func (a *API) getContact(ctx context.Context, who *access.Principal, in *ContactPath) (*got[audience.Contact], error) {
	c, err := a.Contacts.Get(ctx, who.Account, in.Contact)
	return &got[audience.Contact]{c}, err
}

// contactChange is what changes in a contact.
type contactChange struct {
	Named
	Name       Maybe[string]      `json:"name,omitzero" maxLength:"200"`
	Phone      Maybe[string]      `json:"phone,omitzero" maxLength:"64"`
	Email      Maybe[string]      `json:"email,omitzero" maxLength:"254"`
	Zone       Maybe[string]      `json:"zone,omitzero" maxLength:"64" doc:"An IANA name; null: none of its own."`
	Tags       Maybe[[]string]    `json:"tags,omitzero" doc:"All tags that it is to have."`
	AddTags    []string           `json:"add_tags,omitempty" maxItems:"100"`
	RemoveTags []string           `json:"remove_tags,omitempty" maxItems:"100"`
	Attributes map[string]any     `json:"attributes,omitempty" doc:"The keys that change; null removes one."`
	Addresses  map[string]*string `json:"addresses,omitempty" doc:"The channels that change; null removes one."`
}

// clearable gives the change of a text: nil for none, an empty text where it is cleared.
func clearable[T any](m Maybe[T]) *T {
	if m.Sent && m.Value == nil {
		return new(T)
	}
	return m.Value
}

func (a *API) changeContact(ctx context.Context, who *access.Principal, in *struct {
	ContactPath
	Body contactChange
}) (*got[audience.Contact], error) {
	b := &in.Body
	c, err := a.Contacts.Change(ctx, who.Actor, in.Contact, audience.Change{Name: clearable(b.Name), Phone: clearable(b.Phone),
		Email: clearable(b.Email), Zone: clearable(b.Zone), Tags: clearable(b.Tags), AddTags: b.AddTags, RemoveTags: b.RemoveTags,
		Attributes: b.Attributes, Addresses: b.Addresses})
	return &got[audience.Contact]{c}, err
}

func (a *API) deleteContact(ctx context.Context, who *access.Principal, in *ContactPath) (*struct{}, error) {
	return nil, a.Contacts.DeleteOne(ctx, who.Actor, in.Contact)
}

func (a *API) deleteContacts(ctx context.Context, who *access.Principal, in *IDList) (*got[Changed], error) {
	list, err := a.Contacts.Delete(ctx, who.Actor, in.Body.IDs)
	return &got[Changed]{Changed{list}}, err
}

func (a *API) restoreContacts(ctx context.Context, who *access.Principal, in *IDList) (*got[Changed], error) {
	list, err := a.Contacts.Restore(ctx, who.Actor, in.Body.IDs)
	return &got[Changed]{Changed{list}}, err
}

func (a *API) deletedContacts(ctx context.Context, who *access.Principal, in *struct {
	audience.DeletedQuery
	paging.Request
}) (*got[paging.Page[audience.Deleted]], error) {
	p, err := a.Contacts.DeletedList(ctx, who.Account, in.DeletedQuery, in.Request)
	return &got[paging.Page[audience.Deleted]]{p}, err
}

func (a *API) doubles(ctx context.Context, who *access.Principal, in *struct {
	By     string `query:"by" enum:"email,address,name" default:"email" doc:"What they share."`
	Search string `query:"q" maxLength:"200" doc:"Only what words in it begin with each of these, case aside: of the shared address or name."`
	paging.Request
}) (*got[paging.Page[audience.Doubles]], error) {
	p, err := a.Contacts.DoublesList(ctx, who.Account, in.By, in.Search, in.Request)
	return &got[paging.Page[audience.Doubles]]{p}, err
}

func (a *API) mergeContacts(ctx context.Context, who *access.Principal, in *struct{ Body audience.Merging }) (*got[audience.Contact], error) {
	c, err := a.Contacts.Merge(ctx, who.Actor, in.Body)
	return &got[audience.Contact]{c}, err
}

func (a *API) eraseContact(ctx context.Context, who *access.Principal, in *struct {
	ContactPath
	Body struct {
		Confirm bool `json:"confirm" doc:"Has to be true: it cannot be undone."`
	}
}) (*got[audience.Erased], error) {
	if !in.Body.Confirm {
		return nil, fault.New(fault.Invalid, "erase_confirm", "body.confirm")
	}
	e, err := a.Contacts.Erase(ctx, who.Actor, in.Contact)
	return &got[audience.Erased]{e}, err
}

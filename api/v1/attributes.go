package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

// Attributes keeps the definitions of contacts' attributes.
type Attributes interface {
	Attributes(ctx context.Context, account ids.ID, search string) ([]audience.Attribute, error)
	Attribute(ctx context.Context, account ids.ID, key string) (audience.Attribute, error)
	CreateAttribute(ctx context.Context, actor access.Actor, a audience.Attribute) (audience.Attribute, error)
	ChangeAttribute(ctx context.Context, actor access.Actor, key string, title *string, choices *[]string) (audience.Attribute, error)
	// DeleteAttribute starts a task that deletes it, and its value in every contact.
	DeleteAttribute(ctx context.Context, actor access.Actor, key string, confirmed bool) (task.Task, error)
}

const attributesTag = "Attributes"

// AttributePath names an attribute in a path.
type AttributePath struct {
	Attribute string `path:"attribute" maxLength:"64" doc:"The attribute's key."`
}

func (a *API) registerAttributes() {
	read, write := access.ReadContacts, access.WriteContacts
	handle(a, operation{id: "list-attributes", method: http.MethodGet, path: "/attributes", tag: attributesTag, scope: read,
		summary: "List attributes", description: "All attributes that contacts may have, by key: at most 500."}, a.listAttributes)
	handle(a, operation{id: "create-attribute", method: http.MethodPost, path: "/attributes", tag: attributesTag, scope: write,
		creates: true, status: http.StatusCreated, summary: "Create an attribute",
		description: "Says what an attribute is, before or after contacts have it. Values that are there already stay as they are."},
		a.createAttribute)
	handle(a, operation{id: "get-attribute", method: http.MethodGet, path: "/attributes/{attribute}", tag: attributesTag, scope: read,
		summary: "Show an attribute", description: "What an attribute is."}, a.getAttribute)
	handle(a, operation{id: "change-attribute", method: http.MethodPatch, path: "/attributes/{attribute}", tag: attributesTag, scope: write,
		summary: "Change an attribute", description: "Another title or other choices. The key and the type stay: schemes and values have " +
			"them. Values that are no choice any more stay until they are changed."}, a.changeAttribute)
	handle(a, operation{id: "delete-attribute", method: http.MethodDelete, path: "/attributes/{attribute}", tag: attributesTag, scope: write,
		status: http.StatusAccepted, summary: "Delete an attribute", description: "Deletes the value in every contact and then the " +
			"attribute, as a task: GET /tasks/{task} shows how far it is. Where contacts have a value, confirm=true is needed; that " +
			"cannot be undone. What a cancel finds deleted stays so."}, a.deleteAttribute)
}

// Listed is a list that is short enough to be given whole.
type Listed[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

func (a *API) listAttributes(ctx context.Context, who *access.Principal, in *struct {
	Search string `query:"q" maxLength:"200" doc:"Only attributes in whose key or title each of these words is, case aside."`
}) (*got[Listed[audience.Attribute]], error) {
	list, err := a.Attributes.Attributes(ctx, who.Account, in.Search)
	return &got[Listed[audience.Attribute]]{Listed[audience.Attribute]{list}}, err
}

type newAttribute struct {
	Body struct {
		Key     string                 `json:"key" minLength:"1" maxLength:"64" doc:"Small Latin letters, digits and _; no digit first."`
		Title   string                 `json:"title,omitempty" maxLength:"100" doc:"What people see; the key where nothing is said."`
		Type    audience.AttributeType `json:"type" enum:"text,number,date,boolean,choice"`
		Choices []string               `json:"choices,omitempty" maxItems:"200" doc:"Of a choice: what it may be."`
	}
}

func (a *API) createAttribute(ctx context.Context, who *access.Principal, in *newAttribute) (*got[audience.Attribute], error) {
	b := &in.Body
	made, err := a.Attributes.CreateAttribute(ctx, who.Actor, audience.Attribute{Key: b.Key, Title: b.Title, Type: b.Type, Choices: b.Choices})
	return &got[audience.Attribute]{made}, err
}

func (a *API) getAttribute(ctx context.Context, who *access.Principal, in *AttributePath) (*got[audience.Attribute], error) {
	one, err := a.Attributes.Attribute(ctx, who.Account, in.Attribute)
	return &got[audience.Attribute]{one}, err
}

func (a *API) changeAttribute(ctx context.Context, who *access.Principal, in *struct {
	AttributePath
	Body struct {
		Title   Maybe[string]   `json:"title,omitzero" doc:"null: the key."`
		Choices Maybe[[]string] `json:"choices,omitzero"`
	}
}) (*got[audience.Attribute], error) {
	one, err := a.Attributes.ChangeAttribute(ctx, who.Actor, in.Attribute, clearable(in.Body.Title), clearable(in.Body.Choices))
	return &got[audience.Attribute]{one}, err
}

func (a *API) deleteAttribute(ctx context.Context, who *access.Principal, in *struct {
	AttributePath
	Confirm bool `query:"confirm" doc:"Delete the values of contacts too."`
}) (*taskBody, error) {
	t, err := a.Attributes.DeleteAttribute(ctx, who.Actor, in.Attribute, in.Confirm)
	return a.explain(ctx, &t), err
}

package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/task"
)

// Groups keeps groups of contacts.
type Groups interface {
	Groups(ctx context.Context, account ids.ID, q audience.GroupQuery, page paging.Request) (paging.Page[audience.Group], error)
	Group(ctx context.Context, account, id ids.ID) (audience.Group, error)
	CreateGroup(ctx context.Context, actor access.Actor, name string) (audience.Group, error)
	RenameGroup(ctx context.Context, actor access.Actor, id ids.ID, name string) (audience.Group, error)
	DeleteGroup(ctx context.Context, actor access.Actor, id ids.ID) error
	RestoreGroup(ctx context.Context, actor access.Actor, id ids.ID) (audience.Group, error)
	AddMembers(ctx context.Context, actor access.Actor, group ids.ID, list []ids.ID) (int64, error)
	RemoveMembers(ctx context.Context, actor access.Actor, group ids.ID, list []ids.ID) (int64, error)
	// OrderFill starts a task that puts the contacts of a selection into a group, or takes them out.
	OrderFill(ctx context.Context, actor access.Actor, f audience.Fill) (task.Task, error)
}

const groupsTag = "Groups"

// GroupPath names a group in a path.
type GroupPath struct {
	Group ids.ID `path:"group" doc:"The group's id."`
}

type groupName struct {
	Name string `json:"name" minLength:"1" maxLength:"100" doc:"One group of the account has it, case aside."`
}

func (a *API) registerGroups() {
	read, write := access.ReadContacts, access.WriteContacts
	handle(a, operation{id: "list-groups", method: http.MethodGet, path: "/groups", tag: groupsTag, scope: read,
		summary: "List groups", description: "The groups by name, with how many contacts are in each."}, a.listGroups)
	handle(a, operation{id: "create-group", method: http.MethodPost, path: "/groups", tag: groupsTag, scope: write, creates: true,
		status: http.StatusCreated, summary: "Create a group", description: "Makes an empty group."}, a.createGroup)
	handle(a, operation{id: "get-group", method: http.MethodGet, path: "/groups/{group}", tag: groupsTag, scope: read,
		summary: "Show a group", description: "A group with how many contacts are in it. GET /contacts?group= lists them."}, a.getGroup)
	handle(a, operation{id: "rename-group", method: http.MethodPatch, path: "/groups/{group}", tag: groupsTag, scope: write,
		summary: "Rename a group", description: "Gives a group another name. Schemes that name it by its old one do not find it any more."},
		a.renameGroup)
	handle(a, operation{id: "delete-group", method: http.MethodDelete, path: "/groups/{group}", tag: groupsTag, scope: write,
		status: http.StatusNoContent, summary: "Delete a group", description: "The group is gone at once; its contacts stay. It can be " +
			"undone for 30 days: POST /groups/{group}/restore."}, a.deleteGroup)
	handle(a, operation{id: "restore-group", method: http.MethodPost, path: "/groups/{group}/restore", tag: groupsTag, scope: write,
		summary: "Restore a deleted group", description: "Undoes a deletion of the last 30 days, with those of its contacts that there " +
			"are; GET /groups?deleted=true lists what can be restored."}, a.restoreGroup)
	handle(a, operation{id: "add-members", method: http.MethodPost, path: "/groups/{group}/members", tag: groupsTag, scope: write,
		maxBody: largeBody, summary: "Put contacts into a group", description: "Up to 5,000 contacts by their ids. Contacts that there " +
			"are not, or that are in it already, are passed over."}, a.addMembers)
	handle(a, operation{id: "remove-members", method: http.MethodPost, path: "/groups/{group}/members/remove", tag: groupsTag, scope: write,
		maxBody: largeBody, summary: "Take contacts out of a group", description: "Up to 5,000 contacts by their ids."}, a.removeMembers)
	handle(a, operation{id: "fill-group", method: http.MethodPost, path: "/groups/{group}/fill", tag: groupsTag, scope: write,
		creates: true, status: http.StatusAccepted, summary: "Put a selection into a group",
		description: "Puts all contacts that groups and a filter choose into the group, or takes them out of it, as a task: GET " +
			"/tasks/{task} shows how far it is. Contacts that come to fit later are not put in."}, a.fillGroup)
}

func (a *API) listGroups(ctx context.Context, who *access.Principal, in *struct {
	audience.GroupQuery
	paging.Request
}) (*got[paging.Page[audience.Group]], error) {
	p, err := a.Groups.Groups(ctx, who.Account, in.GroupQuery, in.Request)
	return &got[paging.Page[audience.Group]]{p}, err
}

func (a *API) createGroup(ctx context.Context, who *access.Principal, in *struct{ Body groupName }) (*got[audience.Group], error) {
	g, err := a.Groups.CreateGroup(ctx, who.Actor, in.Body.Name)
	return &got[audience.Group]{g}, err
}

func (a *API) getGroup(ctx context.Context, who *access.Principal, in *GroupPath) (*got[audience.Group], error) {
	g, err := a.Groups.Group(ctx, who.Account, in.Group)
	return &got[audience.Group]{g}, err
}

func (a *API) renameGroup(ctx context.Context, who *access.Principal, in *struct {
	GroupPath
	Body groupName
}) (*got[audience.Group], error) {
	g, err := a.Groups.RenameGroup(ctx, who.Actor, in.Group, in.Body.Name)
	return &got[audience.Group]{g}, err
}

func (a *API) deleteGroup(ctx context.Context, who *access.Principal, in *GroupPath) (*struct{}, error) {
	return nil, a.Groups.DeleteGroup(ctx, who.Actor, in.Group)
}

func (a *API) restoreGroup(ctx context.Context, who *access.Principal, in *GroupPath) (*got[audience.Group], error) {
	g, err := a.Groups.RestoreGroup(ctx, who.Actor, in.Group)
	return &got[audience.Group]{g}, err
}

type membersInput struct {
	GroupPath
	IDList
}

func (a *API) addMembers(ctx context.Context, who *access.Principal, in *membersInput) (*got[Counted], error) {
	n, err := a.Groups.AddMembers(ctx, who.Actor, in.Group, in.Body.IDs)
	return &got[Counted]{Counted{n}}, err
}

func (a *API) removeMembers(ctx context.Context, who *access.Principal, in *membersInput) (*got[Counted], error) {
	n, err := a.Groups.RemoveMembers(ctx, who.Actor, in.Group, in.Body.IDs)
	return &got[Counted]{Counted{n}}, err
}

func (a *API) fillGroup(ctx context.Context, who *access.Principal, in *struct {
	GroupPath
	Body struct {
		audience.Selection
		Remove bool `json:"remove,omitempty" doc:"Take them out instead."`
	}
}) (*taskBody, error) {
	t, err := a.Groups.OrderFill(ctx, who.Actor, audience.Fill{Group: in.Group, Selection: in.Body.Selection, Remove: in.Body.Remove})
	return a.explain(ctx, &t), err
}

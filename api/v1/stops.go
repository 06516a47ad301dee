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

// Stops keeps the stop list.
type Stops interface {
	Stops(ctx context.Context, account ids.ID, q audience.StopQuery, page paging.Request) (paging.Page[audience.Stop], error)
	Stop(ctx context.Context, actor access.Actor, entries []audience.StopEntry) (audience.StopsAdded, error)
	Unstop(ctx context.Context, actor access.Actor, list []ids.ID, why string) ([]ids.ID, error)
	RestoreStops(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error)
}

const stopsTag = "Stop list"

func (a *API) registerStops() {
	handle(a, operation{id: "list-stops", method: http.MethodGet, path: "/stops", tag: stopsTag, scope: access.ReadStops,
		summary: "List the stop list", description: "Addresses to which nothing is sent, the newest first by default. The first page has the total, up to 10,000. Of what was added by itself " +
			"the source names the campaign and the block."}, a.listStops)
	handle(a, operation{id: "add-stops", method: http.MethodPost, path: "/stops", tag: stopsTag, scope: access.WriteStops, creates: true,
		status: http.StatusCreated, maxBody: largeBody, summary: "Put addresses on the stop list",
		description: "Up to 5,000 addresses, for one channel or for all. Who is stopped for all channels has the open walks " +
			"interrupted. Addresses that are none are told one by one; the others are taken."}, a.addStops)
	handle(a, operation{id: "remove-stop", method: http.MethodDelete, path: "/stops/{entry}", tag: stopsTag, scope: access.WriteStops,
		status: http.StatusNoContent, summary: "Take an address off the stop list",
		description: "The reason goes into the audit log. It can be undone for 30 days: POST /stops/restore."}, a.removeStop)
	handle(a, operation{id: "remove-stops", method: http.MethodPost, path: "/stops/remove", tag: stopsTag, scope: access.WriteStops,
		maxBody: largeBody, summary: "Take addresses off the stop list", description: "Up to 5,000 entries by their ids, for one reason."},
		a.removeStops)
	handle(a, operation{id: "restore-stops", method: http.MethodPost, path: "/stops/restore", tag: stopsTag, scope: access.WriteStops,
		maxBody: largeBody, summary: "Put addresses back on the stop list",
		description: "Undoes what was taken off in the last 30 days; GET /stops?removed=true lists it."}, a.restoreStops)
}

func (a *API) listStops(ctx context.Context, who *access.Principal, in *struct {
	audience.StopQuery
	paging.Request
}) (*got[paging.Page[audience.Stop]], error) {
	p, err := a.Stops.Stops(ctx, who.Account, in.StopQuery, in.Request)
	return &got[paging.Page[audience.Stop]]{p}, err
}

type newStops struct {
	Body struct {
		Addresses []string `json:"addresses" nullable:"false" minItems:"1" maxItems:"5000" doc:"Phones as people write them, or addresses in the channel."`
		Channel   string   `json:"channel,omitempty" maxLength:"32" doc:"The channel to stop: sms, viber, voice, vk, ok, whatsapp. Nothing: all channels."`
		Reason    string   `json:"reason" minLength:"1" maxLength:"500" doc:"Why; shown in the list."`
		Source    string   `json:"source,omitempty" maxLength:"500" doc:"Where the refusal came from; by hand or api where nothing is said."`
	}
}

func (a *API) addStops(ctx context.Context, who *access.Principal, in *newStops) (*got[audience.StopsAdded], error) {
	b := &in.Body
	if b.Source == "" {
		if b.Source = "by hand"; who.Token != 0 {
			b.Source = "api"
		}
	}
	entries := make([]audience.StopEntry, len(b.Addresses))
	for i, address := range b.Addresses {
		entries[i] = audience.StopEntry{Address: address, Channel: b.Channel, Reason: b.Reason, Source: b.Source}
	}
	out, err := a.Stops.Stop(ctx, who.Actor, entries)
	for i := range out.Refused {
		out.Refused[i].Message = a.words.say(callOf(ctx).language, out.Refused[i].Code, map[string]any{"value": out.Refused[i].Address})
	}
	return &got[audience.StopsAdded]{out}, err
}

func (a *API) removeStop(ctx context.Context, who *access.Principal, in *struct {
	Entry  ids.ID `path:"entry" doc:"The entry's id."`
	Reason string `query:"reason" required:"true" minLength:"1" maxLength:"500" doc:"Why it is taken off, for the audit log."`
}) (*struct{}, error) {
	gone, err := a.Stops.Unstop(ctx, who.Actor, []ids.ID{in.Entry}, in.Reason)
	if err == nil && len(gone) == 0 {
		err = fault.New(fault.NotFound, "stop_not_found", "path.entry")
	}
	return nil, err
}

func (a *API) removeStops(ctx context.Context, who *access.Principal, in *struct {
	Body struct {
		IDs    []ids.ID `json:"ids" nullable:"false" minItems:"1" maxItems:"5000"`
		Reason string   `json:"reason" minLength:"1" maxLength:"500" doc:"Why they are taken off, for the audit log."`
	}
}) (*got[Changed], error) {
	gone, err := a.Stops.Unstop(ctx, who.Actor, in.Body.IDs, in.Body.Reason)
	return &got[Changed]{Changed{gone}}, err
}

func (a *API) restoreStops(ctx context.Context, who *access.Principal, in *IDList) (*got[Changed], error) {
	back, err := a.Stops.RestoreStops(ctx, who.Actor, in.Body.IDs)
	return &got[Changed]{Changed{back}}, err
}

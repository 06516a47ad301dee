package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/task"
)

// Exports writes files. The language is that of their headers.
type Exports interface {
	Start(ctx context.Context, who *access.Principal, o audience.ExportOrder, lang audience.Lang) (task.Task, error)
}

// registerExports adds the route of exports. Which permission one needs depends on what is exported.
func (a *API) registerExports() {
	handle(a, operation{id: "start-export", method: http.MethodPost, path: "/exports", tag: "Exports", creates: true,
		status: http.StatusAccepted, summary: "Export contacts or the stop list",
		description: "Gives the task that writes a CSV or XLSX file, to be downloaded from the task. Cells that a spreadsheet might " +
			"take for a formula begin with an apostrophe, but for plain numbers and phones; an import takes it off again, so an " +
			"export with its usual columns that is imported gives the same contacts back. Contacts that change meanwhile are " +
			"written as they were when their page was read."}, a.startExport)
}

func (a *API) startExport(ctx context.Context, who *access.Principal, in *struct{ Body audience.ExportOrder }) (*taskBody, error) {
	scope := access.ReadContacts
	if in.Body.What == audience.ExportStops {
		scope = access.ReadStops
	}
	if !who.May(scope) {
		return nil, fault.New(fault.Forbidden, "scope_needed", "", "scope", string(scope))
	}
	t, err := a.Exports.Start(ctx, who, in.Body, readerLanguage(ctx))
	return &taskBody{t}, err
}

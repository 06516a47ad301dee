package v1

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Numbering keeps the numbering plan of an account.
type Numbering interface {
	Plan(ctx context.Context, account ids.ID) (audience.PlanInfo, error)
	SetPlan(ctx context.Context, actor access.Actor, name string, file io.Reader) (audience.PlanInfo, error)
	DeletePlan(ctx context.Context, actor access.Actor) error
}

const numberingTag = "Numbering plan"

// maxPlan bounds the file of a numbering plan, in bytes: the official ones together have about 40 MB.
const maxPlan = 64 << 20

func (a *API) registerNumbering() {
	handle(a, operation{id: "get-numbering-plan", method: http.MethodGet, path: "/numbering-plan", tag: numberingTag,
		scope: access.ReadContacts, summary: "Show the numbering plan",
		description: "When the Russian numbering plan was loaded, and what was in it. Without one the time zone of Russian mobiles " +
			"is not known."}, a.getPlan)
	handle(a, operation{id: "set-numbering-plan", method: http.MethodPut, path: "/numbering-plan", tag: numberingTag,
		scope: access.WriteSettings, summary: "Load a numbering plan",
		description: "The CSV file of the Russian regulator, as it is published (АВС/ DEF; От; До; Емкость; Оператор; Регион), in " +
			"windows-1251 or UTF-8, at most 64 MiB. It takes the place of the one that was loaded before. Zones of contacts are " +
			"found by it at once; recipients of running campaigns keep theirs."}, a.setPlan)
	handle(a, operation{id: "delete-numbering-plan", method: http.MethodDelete, path: "/numbering-plan", tag: numberingTag,
		scope: access.WriteSettings, status: http.StatusNoContent, summary: "Delete the numbering plan",
		description: "The time zone of Russian mobiles is not known any more, where contacts have none of their own."}, a.deletePlan)
	operationOf(a.huma.OpenAPI(), http.MethodPut, Base+"/numbering-plan").RequestBody = &huma.RequestBody{Required: true,
		Description: "The file.", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
}

func (a *API) getPlan(ctx context.Context, who *access.Principal, _ *struct{}) (*got[audience.PlanInfo], error) {
	p, err := a.Numbering.Plan(ctx, who.Account)
	return &got[audience.PlanInfo]{p}, err
}

// planFile is a body that is read as it comes.
type planFile struct {
	Name string `query:"name" maxLength:"200" doc:"The file's name, to be shown."`
	body io.Reader
}

// Resolve implements huma.Resolver: it keeps the body for the handler.
func (f *planFile) Resolve(h huma.Context) []error {
	f.body = &bounded{from: h.BodyReader(), left: maxPlan}
	return nil
}

// bounded is a reader that fails beyond so many bytes.
type bounded struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fault.New(fault.TooLarge, "too_large", "body", "limit", maxPlan)
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (a *API) setPlan(ctx context.Context, who *access.Principal, in *planFile) (*got[audience.PlanInfo], error) {
	p, err := a.Numbering.SetPlan(ctx, who.Actor, in.Name, in.body)
	return &got[audience.PlanInfo]{p}, err
}

func (a *API) deletePlan(ctx context.Context, who *access.Principal, _ *struct{}) (*struct{}, error) {
	return nil, a.Numbering.DeletePlan(ctx, who.Actor)
}

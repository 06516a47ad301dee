package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/library"
)

type templatesOutput struct {
	Body struct {
		Items []library.SchemeTemplate `json:"items" nullable:"false"`
	}
}

type templatePath struct {
	Template string `path:"template" maxLength:"64" doc:"A name such as viber-sms."`
}

type templateOutput struct{ Body library.TemplateDocument }

func (s *schemeRoutes) templates() {
	handle(s.API, operation{id: "list-templates", method: http.MethodGet, path: "/templates", tag: schemesTag,
		scope: access.ReadSchemes, summary: "List ready schemes", description: "Gives the schemes to begin with, in the reader's language."},
		func(ctx context.Context, _ *access.Principal, _ *struct{}) (*templatesOutput, error) {
			list, err := library.Templates(callOf(ctx).language)
			out := &templatesOutput{}
			out.Body.Items = make([]library.SchemeTemplate, len(list))
			for i := range list {
				out.Body.Items[i] = list[i].SchemeTemplate
			}
			return out, err
		})
	handle(s.API, operation{id: "get-template", method: http.MethodGet, path: "/templates/{template}", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Get a ready scheme",
		description: "Gives a scheme to begin with, with its document, in the reader's language."},
		func(ctx context.Context, _ *access.Principal, in *templatePath) (*templateOutput, error) {
			t, err := templateOf(in.Template, callOf(ctx).language, fault.NotFound, "path.template")
			return &templateOutput{t}, err
		})
}

// templateOf finds a template; where there is none the fault is of the kind and the field.
func templateOf(id, language string, kind fault.Kind, field string) (library.TemplateDocument, error) {
	list, err := library.Templates(language)
	if err != nil {
		return library.TemplateDocument{}, err
	}
	for i := range list {
		if list[i].ID == id {
			return list[i], nil
		}
	}
	return library.TemplateDocument{}, fault.New(kind, "no_template", field)
}

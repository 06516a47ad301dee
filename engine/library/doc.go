// Package library holds what is kept of schemes: drafts with their history, versions, tests, files and ready templates,
// and the rules for them. What a document means is the package scheme's; a draft may be half drawn, so here it is only
// JSON of bounded size.
package library

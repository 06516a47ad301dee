package main

import (
	"context"
	"strings"

	"kaskad/engine/files"
	identity "kaskad/engine/ids"
	filestore "kaskad/engine/store/files"
	"kaskad/engine/store/schemes"
	"kaskad/nodes"
)

// maxNamed bounds the names in a refusal.
const maxNamed = 5

// stored refuses a scheme that names pictures or sounds which the account does not have: the messages with them would fail one by
// one. It gives the names of those that the scheme uses.
func (d *database) stored(ctx context.Context, account int64, path string, document []byte) ([]string, error) {
	uses := files.Uses(document, nodes.All())
	if len(uses) == 0 {
		return nil, nil
	}
	s, err := filestore.New(d.Desk(), now, nil)
	if err != nil {
		return nil, err
	}
	names := files.Names(uses)
	list, err := s.Named(ctx, identity.ID(account), names)
	if err != nil {
		return nil, err
	}
	kinds := map[string]files.Kind{}
	for i := range list {
		kinds[list[i].Name] = list[i].Kind
	}
	var missing []string
	for _, u := range uses {
		if kinds[u.Name] != u.Kind {
			missing = append(missing, u.Node+": "+clip(u.Name, 120))
		}
	}
	if len(missing) == 0 {
		return names, nil
	}
	text := strings.Join(missing[:min(len(missing), maxNamed)], "; ")
	if len(missing) > maxNamed {
		text += "; …"
	}
	return nil, fault("run.files", "path", path, "count", len(missing), "names", text)
}

// hold keeps the files that a version uses from being deleted.
func (d *database) hold(ctx context.Context, account, version int64, names []string) error {
	if len(names) == 0 {
		return nil
	}
	s, err := schemes.New(d.Desk(), now, nil)
	if err == nil {
		err = s.HoldFiles(ctx, identity.ID(account), identity.ID(version), names)
	}
	return inWords(err)
}

package store

import (
	"kaskad/engine/audience"
	"kaskad/engine/run"
)

// groups takes contacts out of groups first and puts them into groups then. A group to be added to that there is not is made, unless its name is
// digits alone: that is the id of one that is gone.
func (w writer) groups(keys []run.PersonKey, changes map[run.PersonKey]*run.ContactRow) {
	removed, added, made := columns(4, 0), columns(4, len(keys)), columns(3, 0)
	type group struct {
		account int64
		name    string
	}
	known := map[group]bool{}
	put := func(c []column, key run.PersonKey, name string, add bool) {
		c[0].int64(key.Account)
		c[1].int64(key.Contact)
		c[2].text(name)
		c[3].bool(add)
	}
	for _, key := range keys {
		m := changes[key]
		for _, name := range groupNames(m.RemoveGroups) {
			put(removed, key, name, false)
		}
		for _, name := range groupNames(m.AddGroups) {
			put(added, key, name, true)
			if g := (group{key.Account, name}); !known[g] && w.newID != nil && !digits(name) {
				known[g] = true
				made[0].int64(key.Account)
				made[1].int64(w.newID())
				made[2].text(name)
			}
		}
	}
	if made[0].rows > 0 {
		w.queue("groups_made", args(made)...)
	}
	for _, c := range [][]column{removed, added} {
		if c[0].rows > 0 {
			w.queue("group_changes", args(c)...)
		}
	}
}

// groupNames are names as they are kept; what is none is left out.
func groupNames(list []string) []string {
	names := make([]string, 0, len(list))
	for _, name := range list {
		if name, err := audience.GroupName(name); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

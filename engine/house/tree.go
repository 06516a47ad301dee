package house

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// sources are the endings of the files that Read reads; of others it keeps the name only.
var sources = append([]string{".mod"}, writtenByHand...)

// Read reads the project at root, without what is not its source: dot folders, installed packages, build results.
func Read(root string) (Tree, error) {
	tree := Tree{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if name != "." && skipped(entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		tree[name] = nil
		if slices.Contains(sources, path.Ext(name)) {
			tree[name], err = os.ReadFile(file)
		}
		return err
	})
	return tree, err
}

func skipped(folder string) bool {
	return strings.HasPrefix(folder, ".") || slices.Contains([]string{"node_modules", "dist", "testdata"}, folder)
}

// Package webeditor holds the application that people use in a browser, as Vite has built it.
package webeditor

import (
	"embed"
	"io/fs"
)

// The file .keep is always there, so that the program can be built before the application is.
//
//go:embed all:dist
var dist embed.FS

// Files are the built application: index.html and what it needs. There is no index.html where it has not been built.
func Files() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only a name that is no path can cause it
	}
	return built
}

// Command document writes the OpenAPI document of the interface into a file.
package main

import (
	"log"
	"os"

	"kaskad/api/v1"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: document FILE")
	}
	text, err := v1.Document()
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

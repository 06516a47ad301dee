// Package sample is an address book to try things on: windows-1251, `;`, CRLF, Russian headers, phones in ten spellings,
// quoted separators and line breaks, names that a spreadsheet would take for a formula. Nobody in it is a person.
package sample

import _ "embed" // the book

// Name is what the book is called.
const Name = "sample.csv"

// Contacts is the book: 9,500 contacts, 200 doubles, 300 rows without a valid number.
//
//go:embed contacts-windows-1251.csv
var Contacts []byte

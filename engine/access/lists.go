package access

// Seek chooses users of a list.
type Seek struct {
	Search string `query:"q" maxLength:"200" doc:"Only users in whose name or e-mail address each of these words is, case aside."`
	Role   Role   `query:"role" enum:"owner,admin,marketer,analyst,supervisor,operator" doc:"Only users with this role."`
	Sort   string `query:"sort" enum:"email,-email,name,-name" default:"email" doc:"By what; with - the last first."`
}

// SeekInvitations chooses invitations of a list.
type SeekInvitations struct {
	Search string `query:"q" maxLength:"200" doc:"Only invitations in whose name or e-mail address each of these words is, case aside."`
	Role   Role   `query:"role" enum:"owner,admin,marketer,analyst,supervisor,operator" doc:"Only invitations to this role."`
	State  string `query:"state" enum:"open,expired" doc:"Only those that can still be used, or those that cannot any more."`
	Sort   string `query:"sort" enum:"created_at,-created_at,email,-email" default:"created_at" doc:"By what; with - the last first."`
}

// SeekTokens chooses tokens of a list.
type SeekTokens struct {
	Search string `query:"q" maxLength:"200" doc:"Only tokens in whose name or prefix each of these words is, case aside."`
	State  string `query:"state" enum:"open,expired" doc:"Only those that work, or those whose time is over."`
	Scope  Scope  `query:"scope" maxLength:"64" doc:"Only tokens that have this permission."`
	Sort   string `query:"sort" enum:"created_at,-created_at,name,-name" default:"created_at" doc:"By what; with - the last first."`
}

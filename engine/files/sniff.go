package files

import "bytes"

// forms are what a content may be, in the order in which they are tried.
func forms() []struct {
	Form
	is func([]byte) bool
} {
	return []struct {
		Form
		is func([]byte) bool
	}{
		{Form{Picture, "image/png", []string{".png"}}, starts("\x89PNG\r\n\x1a\n")},
		{Form{Picture, "image/jpeg", []string{".jpg", ".jpeg"}}, starts("\xff\xd8\xff")},
		{Form{Picture, "image/gif", []string{".gif"}}, func(b []byte) bool { return starts("GIF87a")(b) || starts("GIF89a")(b) }},
		{Form{Picture, "image/webp", []string{".webp"}}, riff("WEBP")},
		{Form{Audio, "audio/wav", []string{".wav"}}, riff("WAVE")},
		{Form{Audio, "audio/ogg", []string{".ogg", ".opus", ".oga"}}, isOgg},
		{Form{Audio, "audio/webm", []string{".webm", ".weba"}}, isWebM},
		{Form{Audio, "audio/mp4", []string{".m4a", ".mp4"}}, isM4A},
		{Form{Audio, "audio/mpeg", []string{".mp3"}}, isMP3},
	}
}

// knownEnds are the endings of all forms.
func knownEnds() []string {
	var all []string
	for _, f := range forms() {
		all = append(all, f.ends...)
	}
	return all
}

func sniff(content []byte) (Form, bool) {
	for _, f := range forms() {
		if f.is(content) {
			return f.Form, true
		}
	}
	return Form{}, false
}

func starts(with string) func([]byte) bool {
	return func(b []byte) bool { return len(b) > len(with) && string(b[:len(with)]) == with }
}

// riff is a RIFF container of a form (Microsoft's Multimedia Programming Interface, and RFC 9649 for WebP).
func riff(form string) func([]byte) bool {
	return func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == form }
}

// head is the part of a file in which containers say what is in them.
func head(b []byte) []byte { return b[:min(len(b), 64<<10)] }

// isOgg knows Ogg (RFC 3533) with Opus, Vorbis, FLAC or Speex in it, and no video.
func isOgg(b []byte) bool {
	if !starts("OggS")(b) {
		return false
	}
	h := head(b)
	sound := bytes.Contains(h, []byte("OpusHead")) || bytes.Contains(h, []byte("\x01vorbis")) ||
		bytes.Contains(h, []byte("\x7fFLAC")) || bytes.Contains(h, []byte("Speex   "))
	return sound && !bytes.Contains(h, []byte("\x80theora"))
}

// isWebM knows WebM (RFC 8794, RFC 9559), as recorders of browsers make it, with a sound and no video.
func isWebM(b []byte) bool {
	h := head(b)
	if !starts("\x1a\x45\xdf\xa3")(b) || !bytes.Contains(h, []byte("webm")) {
		return false
	}
	video := bytes.Contains(h, []byte("V_VP8")) || bytes.Contains(h, []byte("V_VP9")) || bytes.Contains(h, []byte("V_AV1"))
	return !video && (bytes.Contains(h, []byte("A_OPUS")) || bytes.Contains(h, []byte("A_VORBIS")))
}

// isM4A knows MP4 (ISO/IEC 14496-12) with a track of sound and none of video. The tracks may be told of at the end.
func isM4A(b []byte) bool {
	const handler = "hdlr\x00\x00\x00\x00\x00\x00\x00\x00"
	return len(b) > 12 && string(b[4:8]) == "ftyp" && bytes.Contains(b, []byte(handler+"soun")) &&
		!bytes.Contains(b, []byte(handler+"vide"))
}

// isMP3 knows MPEG audio (ISO/IEC 11172-3, 13818-3), layer III, with or without an ID3v2 tag before it.
func isMP3(b []byte) bool {
	if len(b) > 10 && string(b[:3]) == "ID3" {
		size := 0 // seven bits a byte
		for _, c := range b[6:10] {
			if c&0x80 != 0 {
				return false
			}
			size = size<<7 | int(c)
		}
		b = b[min(len(b), 10+size):]
		b = bytes.TrimLeft(b, "\x00") // padding
	}
	if len(b) < 4 {
		return false
	}
	version, layer, rate, frequency := b[1]>>3&3, b[1]>>1&3, b[2]>>4, b[2]>>2&3
	return b[0] == 0xff && b[1]&0xe0 == 0xe0 && version != 1 && layer == 1 && rate != 0 && rate != 15 && frequency != 3
}

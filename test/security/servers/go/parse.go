package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode/utf16"
)

var errRefused = errors.New("refused")

// parseLines answers each line, a document in base64, with what encoding/json made of it; `!` when it refused it.
func parseLines() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		document, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, "\n"))
		out.WriteString(canonical(document))
		out.WriteByte('\n')
		if lines.Buffered() == 0 {
			out.Flush()
		}
	}
}

func canonical(document []byte) string {
	if !json.Valid(document) {
		return "!"
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var text strings.Builder
	if err := write(decoder, &text); err != nil {
		return "!"
	}
	return text.String()
}

// write goes by tokens, so that names stay in order and a name that comes twice is seen.
func write(decoder *json.Decoder, text *strings.Builder) error {
	token, err := decoder.Token()
	if err == io.EOF {
		return errRefused
	}
	if err != nil {
		return err
	}
	switch value := token.(type) {
	case json.Delim:
		return writeChildren(decoder, value, text)
	case json.Number:
		double, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return err
		}
		var bits [8]byte
		binary.BigEndian.PutUint64(bits[:], math.Float64bits(double))
		text.WriteString(hex.EncodeToString(bits[:]))
	case string:
		writeText(value, text)
	case bool:
		text.WriteString(strconv.FormatBool(value))
	case nil:
		text.WriteString("null")
	}
	return nil
}

func writeChildren(decoder *json.Decoder, open json.Delim, text *strings.Builder) error {
	text.WriteString(open.String())
	for count := 0; decoder.More(); count++ {
		if count > 0 {
			text.WriteByte(',')
		}
		if open == '{' {
			if err := write(decoder, text); err != nil {
				return err
			}
			text.WriteByte(':')
		}
		if err := write(decoder, text); err != nil {
			return err
		}
	}
	closing, err := decoder.Token()
	if err != nil {
		return err
	}
	text.WriteString(closing.(json.Delim).String())
	return nil
}

// writeText writes a string as the hexadecimal of its UTF-16 units.
func writeText(value string, text *strings.Builder) {
	text.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(value)) {
		const digits = "0123456789abcdef"
		text.Write([]byte{digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15]})
	}
	text.WriteByte('"')
}

// Command write-volume writes a volume by the kubelet's own code: each line of stdin is a JSON object of file names and texts, and a line
// is printed once the volume has them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/kubernetes/pkg/volume/util"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "write-volume:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: write-volume FOLDER")
	}
	writer, err := util.NewAtomicWriter(os.Args[1], "test")
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64*1024*1024)
	for lines.Scan() {
		if err := write(writer, lines.Bytes()); err != nil {
			return err
		}
		fmt.Println("written")
	}
	return lines.Err()
}

func write(writer *util.AtomicWriter, line []byte) error {
	var texts map[string]string
	if err := json.Unmarshal(line, &texts); err != nil {
		return err
	}
	payload := map[string]util.FileProjection{}
	for name, text := range texts {
		payload[name] = util.FileProjection{Data: []byte(text), Mode: 0644}
	}
	return writer.Write(payload, nil)
}

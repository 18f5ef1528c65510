// Reads texts, one JSON string a line, by the code that kubectl reads manifests with, and answers with one line of
// JSON for each: {"documents": [...]}, and "error" where it read no further. A number that is no 64-bit integer is
// answered as {"\u0000float": "1e+30"}, for JSON itself does not tell the two apart.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// raw keeps the JSON that a document became, as runtime.RawExtension does for kubectl.
type raw []byte

func (r *raw) UnmarshalJSON(in []byte) error {
	*r = append((*r)[:0], in...)
	return nil
}

func told(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			value[key] = told(value[key])
		}
	case []any:
		for index := range value {
			value[index] = told(value[index])
		}
	case float64:
		return map[string]string{"\x00float": strconv.FormatFloat(value, 'g', -1, 64)}
	}
	return value
}

func documents(text string) ([]any, error) {
	found := []any{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4096)
	for {
		var document raw
		if err := decoder.Decode(&document); err == io.EOF {
			return found, nil
		} else if err != nil {
			return found, err
		}
		// An empty document is none for kubectl.
		if said := bytes.TrimSpace(document); len(said) == 0 || bytes.Equal(said, []byte("null")) {
			continue
		}
		var value any
		if err := utiljson.Unmarshal(document, &value); err != nil {
			return found, err
		}
		found = append(found, told(value))
	}
}

func main() {
	texts := bufio.NewScanner(os.Stdin)
	texts.Buffer(nil, 1<<26)
	for texts.Scan() {
		var text string
		if err := json.Unmarshal(texts.Bytes(), &text); err != nil {
			panic(err)
		}
		answer := map[string]any{}
		found, err := documents(text)
		answer["documents"] = found
		if err != nil {
			answer["error"] = err.Error()
		}
		line, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}

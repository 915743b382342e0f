"""The messages a client sends, field by field, as the Gemini Developer API knows them.

Taken from the public reference of the Live API and from the types of google-genai 3.4. A part
nobody has to check here is `free`.
"""

from __future__ import annotations

from emulator.schema import Kind, Repeated

BLOB: Kind = {"data": "string", "mimeType": "string", "displayName": "string"}

PART: Kind = {
    "text": "string",
    "inlineData": BLOB,
    "thought": "boolean",
    "thoughtSignature": "string",
    "functionCall": "free",
    "functionResponse": "free",
    "executableCode": "free",
    "codeExecutionResult": "free",
    "fileData": "free",
    "videoMetadata": "free",
    "mediaResolution": "free",
    "partMetadata": "free",
}

CONTENT: Kind = {"role": "string", "parts": Repeated(PART)}

VOICE: Kind = {
    "prebuiltVoiceConfig": {"voiceName": "string"},
    "replicatedVoiceConfig": "free",
    "voice": "free",
}

GENERATION_CONFIG: Kind = {
    "candidateCount": "integer",
    "enableAffectiveDialog": "boolean",
    "frequencyPenalty": "number",
    "maxOutputTokens": "integer",
    "mediaResolution": "string",
    "presencePenalty": "number",
    "responseModalities": Repeated("string"),
    "seed": "integer",
    "speechConfig": {
        "voiceConfig": VOICE,
        "languageCode": "string",
        "multiSpeakerVoiceConfig": "free",
    },
    "temperature": "number",
    "thinkingConfig": {
        "includeThoughts": "boolean",
        "thinkingBudget": "integer",
        "thinkingLevel": "string",
    },
    "topK": "number",
    "topP": "number",
    "translationConfig": {"echoTargetLanguage": "boolean", "targetLanguageCode": "string"},
}

FUNCTION_DECLARATION: Kind = {
    "name": "string",
    "description": "string",
    "parameters": "free",
    "parametersJsonSchema": "free",
    "response": "free",
    "responseJsonSchema": "free",
    "behavior": "string",
}

TOOL: Kind = {
    "functionDeclarations": Repeated(FUNCTION_DECLARATION),
    "googleSearch": "free",
    "googleSearchRetrieval": "free",
    "codeExecution": "free",
    "urlContext": "free",
    "googleMaps": "free",
    "computerUse": "free",
    "fileSearch": "free",
}

TRANSCRIPTION: Kind = {
    "languageCodes": Repeated("string"),
    "languageAuto": "free",
    "languageHints": "free",
    "customVocabulary": "free",
    "adaptationPhrases": Repeated("string"),
    "wordTimestamp": "boolean",
    "diarization": "free",
    "mode": "string",
    "sourceText": "string",
}

REALTIME_INPUT_CONFIG: Kind = {
    "automaticActivityDetection": {
        "disabled": "boolean",
        "startOfSpeechSensitivity": "string",
        "endOfSpeechSensitivity": "string",
        "prefixPaddingMs": "integer",
        "silenceDurationMs": "integer",
    },
    "activityHandling": "string",
    "turnCoverage": "string",
}

SETUP: dict[str, Kind] = {
    "model": "string",
    "generationConfig": GENERATION_CONFIG,
    "systemInstruction": CONTENT,
    "tools": Repeated(TOOL),
    "realtimeInputConfig": REALTIME_INPUT_CONFIG,
    "sessionResumption": {"handle": "string"},
    "contextWindowCompression": {
        "triggerTokens": "integer",
        "slidingWindow": {"targetTokens": "integer"},
    },
    "inputAudioTranscription": TRANSCRIPTION,
    "outputAudioTranscription": TRANSCRIPTION,
    "proactivity": {"proactiveAudio": "boolean", "proactiveVideo": "boolean"},
    "historyConfig": {"initialHistoryInClientContent": "boolean"},
    "avatarConfig": "free",
    "safetySettings": Repeated("free"),
    "labels": "free",
}

AUTH_TOKEN: Kind = {
    "expireTime": "string",
    "newSessionExpireTime": "string",
    "uses": "integer",
    "bidiGenerateContentSetup": SETUP,
    "fieldMask": "string",
}

CLIENT_MESSAGE: dict[str, Kind] = {
    "setup": SETUP,
    "clientContent": {"turns": Repeated(CONTENT), "turnComplete": "boolean"},
    "realtimeInput": {
        "audio": BLOB,
        "video": BLOB,
        "text": "string",
        "activityStart": {},
        "activityEnd": {},
        "audioStreamEnd": "boolean",
        "mediaChunks": Repeated(BLOB),
    },
    "toolResponse": {
        "functionResponses": Repeated(
            {
                "id": "string",
                "name": "string",
                "response": "free",
                "willContinue": "boolean",
                "scheduling": "string",
                "parts": Repeated("free"),
            }
        )
    },
}

//! Reads the text of a `$filter` expression.

use serde_json::Value;

use super::{Comparison, Filter, Path, TextTest};

/// Parses a whole expression.
pub(super) fn expression(text: &str) -> Result<Filter, String> {
    let tokens = tokenize(text)?;
    let mut parser = Parser { tokens, next: 0 };
    let filter = parser.or()?;
    match parser.tokens.get(parser.next) {
        None => Ok(filter),
        Some(_) => Err(format!("Syntax error in '{text}'.")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Close,
    Colon,
    Comma,
    Open,
    Text(String),
    Word(String),
}

fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&first) = rest.peek() {
        match first {
            ' ' => {
                rest.next();
            }
            '(' | ')' | ',' => {
                rest.next();
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
            }
            '\'' => {
                rest.next();
                tokens.push(Token::Text(quoted(&mut rest).ok_or_else(|| {
                    format!("There is an unterminated string literal at position {} in '{text}'.", text.len())
                })?));
            }
            _ => {
                let mut word = String::new();
                while let Some(&next) = rest.peek() {
                    if matches!(next, ' ' | '(' | ')' | ',' | '\'') {
                        break;
                    }
                    word.push(next);
                    rest.next();
                    // `x:x eq 'a'` of a lambda; times hold colons too, but start with a digit.
                    if next == ':' && !word.starts_with(|c: char| c.is_ascii_digit()) {
                        word.pop();
                        break;
                    }
                }
                let lambda = word.len() == 1 && matches!(rest.peek(), Some(c) if *c != ' ' && *c != ')' && *c != ',');
                tokens.push(Token::Word(word));
                if lambda {
                    tokens.push(Token::Colon);
                }
            }
        }
    }
    Ok(tokens)
}

/// Reads up to the closing quote; two quotes stand for one.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()? {
            '\'' if rest.peek() == Some(&'\'') => {
                rest.next();
                text.push('\'');
            }
            '\'' => return Some(text),
            other => text.push(other),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Filter, String> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, String> {
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.unary()?)));
        }
        if self.take(&Token::Open) {
            let inner = self.or()?;
            return self.expect(&Token::Close).map(|()| inner);
        }
        self.term()
    }

    fn term(&mut self) -> Result<Filter, String> {
        let word = self.word()?;
        if let Some(test) = TextTest::parse(&word) {
            self.expect(&Token::Open)?;
            let path = path_of(&self.word()?);
            self.expect(&Token::Comma)?;
            let Value::String(text) = self.literal()? else {
                return Err(format!("The function '{word}' needs a text in quotes."));
            };
            self.expect(&Token::Close)?;
            return Ok(Filter::Text(test, path, text));
        }
        if let Some(collection) = word.strip_suffix("/any") {
            return self.any(collection);
        }
        let path = path_of(&word);
        let operator = self.word()?;
        if operator == "in" {
            return self.list().map(|values| Filter::In(path, values));
        }
        let comparison = Comparison::parse(&operator)
            .ok_or_else(|| format!("A binary operator was expected, '{operator}' was found."))?;
        Ok(Filter::Compare(path, comparison, self.literal()?))
    }

    /// `any(x:x eq 'value')`.
    fn any(&mut self, collection: &str) -> Result<Filter, String> {
        self.expect(&Token::Open)?;
        let variable = self.word()?;
        self.expect(&Token::Colon)?;
        if self.word()? != variable {
            return Err("The expression of 'any' must compare its own variable.".to_owned());
        }
        let operator = self.word()?;
        let comparison = Comparison::parse(&operator)
            .ok_or_else(|| format!("A binary operator was expected, '{operator}' was found."))?;
        let value = self.literal()?;
        self.expect(&Token::Close)?;
        Ok(Filter::Any(path_of(collection), comparison, value))
    }

    fn list(&mut self) -> Result<Vec<Value>, String> {
        self.expect(&Token::Open)?;
        let mut values = vec![self.literal()?];
        while self.take(&Token::Comma) {
            values.push(self.literal()?);
        }
        self.expect(&Token::Close)?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Value, String> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        match token {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                other => match other.parse::<i64>() {
                    Ok(number) => number.into(),
                    // Times and GUIDs are written without quotes; a bare name is not a value.
                    Err(_)
                        if other.starts_with(|c: char| c.is_ascii_digit()) || uuid::Uuid::try_parse(other).is_ok() =>
                    {
                        Value::String(word)
                    }
                    Err(_) => {
                        return Err(format!("The literal '{other}' is not a value; texts stand in single quotes."));
                    }
                },
            }),
            _ => Err("A literal was expected.".to_owned()),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.get(self.next) {
            Some(Token::Word(word)) => {
                self.next += 1;
                Ok(word.clone())
            }
            _ => Err("A property name or an operator was expected.".to_owned()),
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word.to_owned()))
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.next) == Some(token);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("{token:?} was expected.")) }
    }
}

fn path_of(word: &str) -> Path {
    word.split('/').map(str::to_owned).collect()
}
